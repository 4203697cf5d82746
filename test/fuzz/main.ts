import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import * as z from "zod";
import type { WorkerData } from "./worker.ts";

/*
 * npm run fuzz -- [--seconds N] [--seed S] [--differential PERCENT] [--save DIRECTORY]
 *
 * Changes the samples in all manner of ways and feeds them to the inspectors, which must refuse or accept, quickly, in bounded
 * memory, and read nothing outside of the file; what they accept, qemu-img must see as they do. Exits with 1 when there are
 * findings; their inputs are kept.
 */

const HANG_SECONDS = 60;
const MAX_MEMORY_MIB = 1024; // most of it are the samples and Node itself

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: "1" },
    differential: { type: "string", default: "10" },
    save: { type: "string", default: join(tmpdir(), "vmcatcher-one-fuzz") },
  },
});

const messageSchema = z.union([
  z.object({ finding: z.string() }),
  z.object({
    tally: z.object({
      inputs: z.number(),
      accepted: z.number(),
      compared: z.number(),
      unpacked: z.number(),
      findings: z.number(),
      refused: z.map(z.string(), z.number()),
    }),
  }),
]);

mkdirSync(values.save, { recursive: true });
const current = new SharedArrayBuffer(4);
const workerData: WorkerData = {
  seed: Number(values.seed),
  seconds: Number(values.seconds),
  differentialPercent: Number(values.differential),
  directory: values.save,
  current,
};
const worker = new Worker(new URL("worker.ts", import.meta.url), { workerData });
process.exitCode = 1; // until it says otherwise

let last = -1;
const watchdog = setInterval(() => {
  const index = Atomics.load(new Int32Array(current), 0);
  if (index === last) {
    process.stdout.write(`FINDING input ${values.seed}-${index}: hangs\n`);
    process.exit(1);
  }
  last = index;
}, HANG_SECONDS * 1000);

worker.on("message", (message) => {
  const parsed = messageSchema.parse(message);
  if ("finding" in parsed) {
    process.stdout.write(`FINDING ${parsed.finding}\n`);
    return;
  }
  clearInterval(watchdog);
  const { inputs, accepted, compared, unpacked, findings, refused } = parsed.tally;
  const codes = [...refused]
    .sort(([, a], [, b]) => b - a)
    .map(([code, count]) => `${code} ${count}`);
  process.stdout.write(
    `accepted ${accepted}, of them compared with qemu-img ${compared}, unpacked ${unpacked}\n`,
  );
  process.stdout.write(`refused: ${codes.join(", ")}\n`);
  const memoryMib = Math.round(process.resourceUsage().maxRSS / 1024);
  const isTooMuch = memoryMib > MAX_MEMORY_MIB;
  process.stdout.write(`${isTooMuch ? "FINDING " : ""}largest memory ${memoryMib} MiB\n`);
  process.stdout.write(`${inputs} inputs, ${findings + (isTooMuch ? 1 : 0)} findings\n`);
  process.exitCode = findings === 0 && !isTooMuch ? 0 : 1;
});
