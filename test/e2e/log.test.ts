import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import * as z from "zod";
import { steps } from "../../functions/registry.ts";
import { STATE } from "../../functions/shared/lineage/attributes.ts";
import { sqsEnvironment } from "../../infra/elasticmq.ts";
import { createSite, type Site } from "../fakes/site.ts";
import { runProcess, type RunningFunctions } from "./processes.ts";

const IDENTIFIER = "de355bfb-5781-5b0c-9ccd-9bd3d0d2be06";
const PASSWORD = "correct-horse-battery";
const AWS_SECRET = "secret-of-the-queue-server";

const lineSchema = z.looseObject({
  function: z.string().optional(),
  messageId: z.string().optional(),
  job: z.string().optional(),
  identifier: z.string().optional(),
  attempt: z.int().optional(),
  traceId: z.string().optional(),
});

const CHAIN = ["enqueue-event", ...Object.keys(steps)];

describe("the log", () => {
  let site: Site;
  let processes: RunningFunctions[];
  beforeEach(async () => {
    site = await createSite();
    processes = [];
    await site.endorseRaw(IDENTIFIER, "1");
    await site.vmcatcher.run();
  });
  afterEach(async () => {
    await Promise.all(processes.map((process) => process.stop()));
    await site.close();
  });

  const run = (options: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const functions = runProcess(options, { ...site.env, ...env });
    processes.push(functions);
    return functions;
  };
  const until = async (functions: RunningFunctions, said: RegExp) => {
    for (const end = performance.now() + 30_000; !said.test(functions.log()); await sleep(20)) {
      assert.ok(performance.now() < end, functions.log());
    }
  };
  const untilLive = () =>
    site.until("a live image", (images) =>
      images.some(({ attributes }) => attributes.get(STATE) === "live"),
    );

  it("of one job can be followed through all functions by its id, and by its trace", async () => {
    const functions = run([]);
    await untilLive();
    await until(functions, /"function":"restore-permissions".*"msg":"done"/);
    const lines = functions
      .log()
      .trim()
      .split("\n")
      .map((line) => lineSchema.parse(JSON.parse(line)));
    const [job] = lines.map((line) => line.job).filter((id) => id !== undefined);
    const followed = lines.filter((line) => line.job === job);
    assert.deepEqual([...new Set(followed.map((line) => line.function))], CHAIN);
    assert.equal(new Set(followed.map((line) => line.traceId)).size, 1);
    assert.match(followed[0]?.traceId ?? "", /^[0-9a-f]{32}$/);
    for (const line of lines.filter(({ messageId }) => messageId !== undefined)) {
      assert.deepEqual(
        [line.job, line.identifier, line.attempt],
        [job, IDENTIFIER, 1],
        JSON.stringify(line),
      );
      assert.ok(line.function !== undefined && line.traceId !== undefined);
    }
  });

  it("is for a person with --pretty, also from the bundle", async () => {
    const functions = run(["--pretty"]);
    await untilLive();
    await until(functions, /INFO: restore-permissions [0-9a-f]{8} de355bfb\S+ {2}done/);
    assert.doesNotMatch(functions.log(), /^\{/m);
  });

  for (const options of [[], ["--pretty"]]) {
    it(`does not end the functions when nobody reads it: ${options.join("") || "JSON"}`, async () => {
      const child = execa("node", ["dist/vmcatcher-one.js", "run", ...options], {
        env: { ...site.env },
        reject: false,
      });
      child.stdout.destroy();
      await untilLive();
      child.kill("SIGTERM");
      const { exitCode, stderr } = await child;
      assert.deepEqual([exitCode, stderr], [0, ""]);
    });
  }

  for (const options of [[], ["--pretty"]]) {
    it(`never tells a password: ${options.join("") || "JSON"}`, async () => {
      await writeFile(join(site.directory, "one_auth"), `oneadmin:${PASSWORD}\n`);
      const debug = { VMCATCHER_ONE_LOG_LEVEL: "debug" };
      // Some answers repeat what was sent; afterwards comes what oned says of a wrong password.
      const text = `no such session: oneadmin:${PASSWORD}`;
      site.simulator.inject({ fault: { kind: "error", code: 256, text }, times: 2 });
      const refused = run(options, debug);
      await until(refused, /failed, will be retried/);
      const queueless = run(options, {
        ...debug,
        ...sqsEnvironment("http://127.0.0.1:1"),
        AWS_SECRET_ACCESS_KEY: AWS_SECRET,
      });
      await until(queueless, /the queue cannot be used/);
      for (const log of [refused.log(), queueless.log()]) {
        assert.ok(log.length > 100);
        assert.ok(!log.includes(PASSWORD), log);
        assert.ok(!log.includes(AWS_SECRET), log);
      }
      assert.match(refused.log(), /no such session: \*\*\*/);
    });
  }
});
