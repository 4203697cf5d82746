import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { ConfigError, readConfig } from "../../../functions/shared/settings/config.ts";
import { GiveUp, RetryLater } from "../../../functions/shared/step/errors.ts";
import { runSteps, type ExtraTask } from "../../../functions/cli/run-steps.ts";
import type { RunnableStep } from "../../../functions/shared/worker/step.ts";
import { recordingLog } from "../worker/recording-log.ts";
import { MESSAGE, numberOf, until } from "../worker/workbench.ts";
import { temporaryDirectory } from "../../fakes/temporary-directory.ts";
import { ask, report, samples } from "./scrape.ts";

type Options = { run?: RunnableStep["run"]; env?: Record<string, string>; extra?: ExtraTask[] };

/** A process of two steps over the embedded queue, or where `env` says, that serves health on a free port. */
async function process(t: TestContext, { run, env, extra }: Options = {}) {
  const home = await mkdtemp(join(tmpdir(), "vmcatcher-one-health-"));
  const config = readConfig({
    VMCATCHER_ONE_HOME: home,
    VMCATCHER_ONE_HTTP: "127.0.0.1:0",
    ONE_XMLRPC: "http://127.0.0.1:1/RPC2",
    ONE_AUTH: "/dev/null",
    ...env,
  });
  const { log, lines } = recordingLog();
  const stop = new AbortController();
  const steps = {
    first: { next: "last", slots: () => 2, run: run ?? (async (message: unknown) => message) },
    last: { next: undefined, slots: () => 1, run: async () => undefined },
  };
  const running = runSteps(
    ["first", "last"],
    {
      steps,
      firstStep: "first",
      config,
      log,
      extra: extra ?? [],
      countSpool: async () => ({ waiting: 3, bad: 1 }),
    },
    stop.signal,
  );
  t.after(async () => {
    stop.abort();
    await running;
    await rm(home, { recursive: true });
  });
  await until("it serves", () => lines.some((line) => line["url"] !== undefined));
  const url = String(lines.find((line) => line["url"] !== undefined)?.["url"]);
  const readyz = async () => {
    const { status, body } = await report(url, "/readyz");
    return { status, ...body };
  };
  return { config, url, stop, readyz, running };
}

/** Sends messages whose `n` counts up, each in a group of its own. */
const announce =
  (count: number): ExtraTask =>
  async ({ firstQueue }) => {
    for (let n = 0; n < count; n += 1) {
      const body = JSON.stringify({ ...MESSAGE, n });
      await firstQueue.send({ body, group: `image-${n}`, deduplicationId: `${n}` });
    }
  };

describe("/metrics of a process", () => {
  it("counts what became of the messages, with their durations", async (t) => {
    const run: RunnableStep["run"] = async (message) => {
      const n = numberOf(message);
      if (n === 1) {
        throw new GiveUp("bad-image", "no image");
      }
      if (n === 2) {
        throw new RetryLater("not yet", { afterSeconds: 600 });
      }
      return message;
    };
    const { url } = await process(t, { run, extra: [announce(4)] });
    const outcome = (name: string, kind: string) => `{function="${name}",outcome="${kind}"}`;
    const total = (name: string, kind: string) =>
      `vmcatcher_one_messages_total${outcome(name, kind)}`;
    await until("all is done", async () => (await samples(url)).get(total("last", "ok")) === 2);
    const found = await samples(url);
    assert.equal(found.get(total("first", "ok")), 2);
    assert.equal(found.get(total("first", "dead")), 1);
    assert.equal(found.get(total("first", "retry")), 1);
    assert.equal(found.get(total("first", "lease_lost")), 0);
    assert.equal(found.get('vmcatcher_one_in_flight{function="first"}'), 0);
    const seconds = `vmcatcher_one_message_duration_seconds_count${outcome("first", "ok")}`;
    assert.equal(found.get(seconds), 2);
  });

  it("counts what the janitor has removed, by kind", async (t) => {
    const clean: ExtraTask = async ({ observer }) => {
      observer.onRemoved?.("pin");
      observer.onRemoved?.("pin");
    };
    const { url } = await process(t, { extra: [clean] });
    const removed = async (kind: string) =>
      (await samples(url)).get(`vmcatcher_one_leftovers_removed_total{kind="${kind}"}`);
    await until("it has removed", async () => (await removed("pin")) === 2);
    assert.equal(await removed("pending-image"), 0);
  });

  it("tells what its slots do, and how much lies in the spool", async (t) => {
    const finish = Promise.withResolvers<unknown>();
    const { url } = await process(t, { run: () => finish.promise, extra: [announce(3)] });
    await until("two slots work", async () => {
      const found = await samples(url);
      return found.get('vmcatcher_one_in_flight{function="first"}') === 2;
    });
    const found = await samples(url);
    assert.equal(found.get('vmcatcher_one_slots{function="first",state="working"}'), 2);
    assert.equal(found.get('vmcatcher_one_slots{function="last",state="receiving"}'), 1);
    assert.equal(found.get('vmcatcher_one_queue_reachable{function="first"}'), 1);
    assert.equal(found.get('vmcatcher_one_queue_reachable{function="last"}'), 1);
    assert.equal(found.get('vmcatcher_one_spool_events{state="waiting"}'), 3);
    assert.equal(found.get('vmcatcher_one_spool_events{state="bad"}'), 1);
    finish.resolve(MESSAGE);
  });

  it("tells of calls to OpenNebula how they ended", async (t) => {
    const call: ExtraTask = async ({ deps, signal }) => {
      await deps.opennebula.version(signal).catch(() => undefined);
    };
    const { url, readyz } = await process(t, { extra: [call] });
    const total =
      'vmcatcher_one_opennebula_calls_total{method="one.system.version",outcome="transport"}';
    await until("the call is counted", async () => (await samples(url)).get(total) === 1);
    const { status, opennebula } = await readyz();
    assert.equal(status, 200, "its outage does not make the process unready");
    assert.match(JSON.stringify(opennebula), /"outcome":"transport"/);
  });

  it("tells how far a conversion is, of those that run in this process and while they run", async (t) => {
    const finish = Promise.withResolvers<void>();
    const run: RunnableStep["run"] = async (message, { config }) => {
      await mkdir(config.stagingDirectory, { recursive: true });
      for (const [jobId, identifier] of [
        ["f".repeat(32), "other"],
        [MESSAGE.job.id, 'im"age'],
      ]) {
        const path = join(config.stagingDirectory, `${jobId}.progress`);
        const times = { startedAt: "2026-01-01T00:00:00Z", updatedAt: "2026-01-01T00:00:00Z" };
        const rest = { step: "converting", percent: 40, bytes: 1e9, ...times };
        await writeFile(path, JSON.stringify({ jobId, identifier, ...rest }));
      }
      await finish.promise;
      return message;
    };
    const { url } = await process(t, { run, extra: [announce(1)] });
    const conversions = async () =>
      [...(await samples(url))].filter(([name]) => name.startsWith("vmcatcher_one_conversion_"));
    await until("it is told", async () => (await conversions()).length > 0);
    assert.deepEqual(await conversions(), [
      ['vmcatcher_one_conversion_progress_ratio{identifier="im\\"age",step="converting"}', 0.4],
      ['vmcatcher_one_conversion_source_bytes{identifier="im\\"age"}', 1e9],
    ]);
    finish.resolve();
    await until("it is forgotten", async () => (await conversions()).length === 0);
  });
});

describe("/readyz of a process", () => {
  it("is good when the queue answers, and bad as soon as the process stops", async (t) => {
    const finish = Promise.withResolvers<unknown>();
    const { readyz, stop } = await process(t, {
      run: () => finish.promise,
      extra: [announce(1)],
    });
    await until("it is ready", async () => (await readyz()).status === 200);
    assert.deepEqual(await readyz(), {
      status: 200,
      ready: true,
      queues: { first: "ok", last: "ok" },
      opennebula: "not called yet",
    });
    stop.abort();
    const { status, reason } = await readyz();
    assert.deepEqual([status, reason], [503, "stopping"], "while it finishes what it has begun");
    finish.resolve(MESSAGE);
  });

  it("is bad while the queue cannot be opened, with health and metrics as they should be", async (t) => {
    const env = {
      VMCATCHER_ONE_QUEUE: "sqs",
      AWS_ENDPOINT_URL_SQS: "http://127.0.0.1:1",
    };
    const { readyz, url } = await process(t, { env });
    const { status, reason } = await readyz();
    assert.deepEqual([status, reason], [503, "the queue could not be opened yet"]);
    assert.equal((await ask(url, "/healthz")).status, 200);
    assert.ok((await samples(url)).has("process_cpu_seconds_total"));
  });
});

describe("the address of health and metrics", () => {
  it("is a wrong setting when it is in use, and nothing has been begun", async (t) => {
    const { url } = await process(t);
    const taken = readConfig({
      VMCATCHER_ONE_HOME: await temporaryDirectory(t),
      VMCATCHER_ONE_HTTP: url.replace("http://", ""),
    });
    const step = { next: undefined, slots: () => 1, run: () => assert.fail("begun") };
    await assert.rejects(
      runSteps(
        [],
        { steps: { first: step }, firstStep: "first", config: taken, log: recordingLog().log },
        new AbortController().signal,
      ),
      (error) => error instanceof ConfigError && /VMCATCHER_ONE_HTTP/.test(error.message),
    );
  });

  it("is free again after the end", async (t) => {
    const { url, stop, running } = await process(t);
    stop.abort();
    await running;
    await assert.rejects(ask(url, "/healthz"));
  });
});
