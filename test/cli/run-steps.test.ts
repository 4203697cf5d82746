import assert from "node:assert/strict";
import { readdir, readlink } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { describe, it, type TestContext } from "node:test";
import { readConfig } from "../../functions/shared/settings/config.ts";
import { openQueues } from "../../functions/shared/queue/open-queues.ts";
import { runSteps, type ApartTask, type ExtraTask } from "../../functions/cli/run-steps.ts";
import type { RunnableStep } from "../../functions/shared/worker/step.ts";
import { recordingLog } from "../shared/worker/recording-log.ts";
import { MESSAGE, until } from "../shared/worker/workbench.ts";
import { temporaryDirectory } from "../fakes/temporary-directory.ts";

async function site(t: TestContext) {
  const home = await temporaryDirectory(t);
  return {
    config: readConfig({ VMCATCHER_ONE_HOME: home, VMCATCHER_ONE_HTTP: "off" }),
    ...recordingLog(),
  };
}

function step(next: string | undefined, run: RunnableStep["run"]): RunnableStep {
  return { next, run, slots: () => 1 };
}

const waitForStop: ExtraTask = ({ signal }) =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

describe("runSteps", () => {
  it("runs a chain from an extra task's message to its last step, then stops when told", async (t) => {
    const { config, log } = await site(t);
    const stop = new AbortController();
    const path: string[] = [];
    const record =
      (name: string): RunnableStep["run"] =>
      async (message) => {
        path.push(name);
        if (name === "last") {
          stop.abort();
        }
        return message;
      };
    const announce: ExtraTask = async ({ firstQueue }) => {
      await firstQueue.send({
        body: JSON.stringify(MESSAGE),
        group: "image-1",
        deduplicationId: "1",
      });
    };
    const steps = { first: step("last", record("first")), last: step(undefined, record("last")) };
    await runSteps(
      ["first", "last"],
      { steps, firstStep: "first", config, log, extra: [announce] },
      stop.signal,
    );
    assert.deepEqual(path, ["first", "last"]);
    const queues = openQueues(config);
    assert.deepEqual(await (await queues.open("last")).depth(), {
      waiting: 0,
      inFlight: 0,
      dead: 0,
    });
    await queues.close();
  });

  it("leaves no queue open", async (t) => {
    const { config, log } = await site(t);
    const steps = { first: step(undefined, async () => undefined) };
    const open = async () => {
      const links = (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`));
      return (await Promise.allSettled(links)).filter(
        (link) => link.status === "fulfilled" && link.value.startsWith(config.home),
      ).length;
    };
    let meanwhile = 0;
    const look: ExtraTask = async () => {
      meanwhile = await open();
    };
    await runSteps(
      [],
      { steps, firstStep: "first", config, log, extra: [look] },
      new AbortController().signal,
    );
    assert.ok(meanwhile > 0);
    assert.equal(await open(), 0);
  });

  it("runs only the steps named", async (t) => {
    const { config, log } = await site(t);
    const stop = new AbortController();
    const steps = {
      first: step("last", async (message) => {
        stop.abort();
        return message;
      }),
      last: step(undefined, () => assert.fail("not named")),
    };
    const announce: ExtraTask = ({ firstQueue }) =>
      firstQueue.send({ body: JSON.stringify(MESSAGE), group: "image-1", deduplicationId: "1" });
    await runSteps(
      ["first"],
      { steps, firstStep: "first", config, log, extra: [announce] },
      stop.signal,
    );
    const queues = openQueues(config);
    assert.equal((await (await queues.open("last")).depth()).waiting, 1);
    await queues.close();
  });

  it("leases a message for as long as the setting says", async (t) => {
    const { config, log } = await site(t);
    const stop = new AbortController();
    let leaseMilliseconds = Number.NaN;
    const look = async () => {
      const database = new DatabaseSync(config.queueFile, { readOnly: true });
      const row = database.prepare("SELECT visible_at AS until FROM message").get();
      database.close();
      leaseMilliseconds = Number(row?.until) - Date.now();
      stop.abort();
    };
    const announce: ExtraTask = ({ firstQueue }) =>
      firstQueue.send({ body: JSON.stringify(MESSAGE), group: "image-1", deduplicationId: "1" });
    await runSteps(
      ["first"],
      {
        steps: { first: step(undefined, look) },
        firstStep: "first",
        config: { ...config, leaseSeconds: 40 },
        log,
        extra: [announce],
      },
      stop.signal,
    );
    assert.ok(leaseMilliseconds > 30_000 && leaseMilliseconds <= 40_000, `${leaseMilliseconds}`);
  });

  it("stops all and throws when a task fails unexpectedly", async (t) => {
    const { config, log } = await site(t);
    let told = false;
    const other: ExtraTask = async (given) => {
      await waitForStop(given);
      told = true;
    };
    const broken: ExtraTask = async () => {
      throw new Error("spool is gone");
    };
    const steps = { first: step(undefined, async () => undefined) };
    await assert.rejects(
      runSteps(
        [],
        { steps, firstStep: "first", config, log, extra: [other, broken] },
        new AbortController().signal,
      ),
      /spool is gone/,
    );
    assert.ok(told);
  });

  it("waits for a queue server that does not answer, and stops when told", async (t) => {
    const { config, log, lines } = await site(t);
    const stop = new AbortController();
    const down = { ...config, queue: "sqs" as const, sqsEndpoint: "http://127.0.0.1:1" };
    const steps = { first: step(undefined, async () => undefined) };
    const running = runSteps(
      ["first"],
      { steps, firstStep: "first", config: down, log },
      stop.signal,
    );
    await until("the outage is told", () => lines.length > 0);
    assert.equal(lines[0]?.["level"], "warn");
    assert.match(String(lines[0]?.["text"]), /the queue cannot be used/);
    stop.abort();
    await running;
  });

  it("runs what stands apart although the queue does not answer, and stops it with the rest", async (t) => {
    const { config, log } = await site(t);
    const stop = new AbortController();
    const down = { ...config, queue: "sqs" as const, sqsEndpoint: "http://127.0.0.1:1" };
    let runs = false;
    const apart: ApartTask = async ({ signal }) => {
      runs = true;
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      runs = false;
    };
    const steps = { first: step(undefined, async () => undefined) };
    const options = { steps, firstStep: "first", config: down, log, apart: [apart] } as const;
    const running = runSteps(["first"], options, stop.signal);
    await until("it runs", () => runs);
    stop.abort();
    await running;
    assert.equal(runs, false);
  });
});
