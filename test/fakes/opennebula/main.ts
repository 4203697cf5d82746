import { once } from "node:events";
import { parseArgs } from "node:util";
import { startOpenNebula } from "./simulator.ts";

/*
 * The simulator as a process of its own:
 *   node test/fakes/opennebula/main.ts --directory /srv/datastores --safe-dir /srv/staging [--safe-dir ...]
 *     [--host 127.0.0.1] [--port 2633] [--password opennebula] [--copy-seconds 0.3] [--latency-ms 0]
 * Prints one line of JSON with its URL when it listens, and ends on SIGTERM or SIGINT. Each flag may be given as an
 * environment variable instead: SIMULATOR_DIRECTORY, SIMULATOR_SAFE_DIRS (by colons), SIMULATOR_HOST and so on.
 */
const { values } = parseArgs({
  options: {
    host: { type: "string", default: process.env["SIMULATOR_HOST"] ?? "127.0.0.1" },
    port: { type: "string", default: process.env["SIMULATOR_PORT"] ?? "2633" },
    directory: { type: "string", default: process.env["SIMULATOR_DIRECTORY"] ?? "" },
    "safe-dir": {
      type: "string",
      multiple: true,
      default: (process.env["SIMULATOR_SAFE_DIRS"] ?? "/var/tmp").split(":"),
    },
    password: { type: "string", default: process.env["SIMULATOR_PASSWORD"] ?? "opennebula" },
    "copy-seconds": { type: "string", default: process.env["SIMULATOR_COPY_SECONDS"] ?? "0.3" },
    "latency-ms": { type: "string", default: process.env["SIMULATOR_LATENCY_MS"] ?? "0" },
  },
});
if (values.directory === "") {
  throw new Error("--directory (or SIMULATOR_DIRECTORY) must say where the datastores lie");
}
const simulator = await startOpenNebula({
  host: values.host,
  port: Number(values.port),
  directory: values.directory,
  safeDirs: values["safe-dir"],
  password: values.password,
  copySeconds: Number(values["copy-seconds"]),
  latencyMs: Number(values["latency-ms"]),
});
process.stdout.write(`${JSON.stringify({ url: simulator.url })}\n`);
await Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
await simulator.close();
