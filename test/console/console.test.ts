import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { runConsole } from "../../functions/console/console.ts";
import { readConfig } from "../../functions/shared/settings/config.ts";
import { openQueues } from "../../functions/shared/queue/open-queues.ts";
import { createDeps } from "../../functions/shared/worker/create-deps.ts";
import { recordingLog } from "../shared/worker/recording-log.ts";
import { until } from "../shared/worker/workbench.ts";
import { temporaryDirectory } from "../fakes/temporary-directory.ts";

const NAMES = ["capture-metadata", "convert-image"];

const home = await temporaryDirectory({ after });

describe("the function console", () => {
  /** Runs it with settings until `stop`, over an OpenNebula that is not there. */
  function start(env: Readonly<Record<string, string>>) {
    const config = readConfig({
      VMCATCHER_ONE_HOME: home,
      ONE_XMLRPC: "http://127.0.0.1:1/RPC2",
      VMCATCHER_ONE_CONSOLE: "127.0.0.1:0",
      ...env,
    });
    const { log, lines } = recordingLog();
    const queues = openQueues(config);
    const stop = new AbortController();
    const deps = createDeps(config, log);
    const options = { deps, queues, queueNames: NAMES, sign: () => undefined };
    const run = async () => {
      try {
        await runConsole(options, stop.signal);
      } finally {
        await queues.close();
      }
    };
    const running = run();
    running.catch(() => undefined); // awaited by the test
    return {
      running,
      url: async () => {
        await until("the page is served", () => lines.some(({ url }) => url !== undefined));
        return String(lines.find(({ url }) => url !== undefined)?.["url"]);
      },
      stop: async () => {
        stop.abort();
        await running;
      },
    };
  }

  it("serves the page until it is told to stop, though OpenNebula is not there", async () => {
    const console = start({});
    const url = await console.url();
    const response = await fetch(url);
    assert.equal(response.status, 200);
    const text = await response.text();
    assert.match(text, /OpenNebula does not answer/);
    assert.match(text, /capture-metadata/);
    await console.stop();
    await assert.rejects(fetch(url));
  });

  it("serves nothing when the setting says off", async () => {
    await start({ VMCATCHER_ONE_CONSOLE: "off" }).running;
  });

  it("refuses an address that others reach, unless a token or a proxy keeps strangers away", async () => {
    const open = { VMCATCHER_ONE_CONSOLE: "0.0.0.0:0" };
    const refusal = { name: "ConfigError", message: /VMCATCHER_ONE_CONSOLE: 0\.0\.0\.0 can be/ };
    await assert.rejects(start(open).running, refusal);
    const token = join(home, "token");
    await writeFile(token, "0123456789abcdef\n");
    for (const kept of [
      { VMCATCHER_ONE_CONSOLE_TOKEN_FILE: token },
      { VMCATCHER_ONE_CONSOLE_PROXY: "one.example.org" },
    ]) {
      const console = start({ ...kept, VMCATCHER_ONE_CONSOLE: "0.0.0.0:0" });
      await console.url();
      await console.stop();
    }
  });

  it("names the setting when the address is taken", async () => {
    const first = start({});
    const { host } = new URL(await first.url());
    await assert.rejects(start({ VMCATCHER_ONE_CONSOLE: host }).running, {
      name: "ConfigError",
      message: /VMCATCHER_ONE_CONSOLE: 127\.0\.0\.1:\d+ is in use/,
    });
    await first.stop();
  });
});
