import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { openHealth } from "../../../functions/shared/health/health.ts";
import type { SignOfLife } from "../../../functions/shared/worker/sign-of-life.ts";
import { until, workbench } from "../worker/workbench.ts";
import { report, samples } from "./scrape.ts";

/** A worker over a real queue whose clock, and the health server's, belong to the test. */
async function watched(t: TestContext) {
  const bench = await workbench(t);
  const health = await openHealth({
    config: { http: { host: "127.0.0.1", port: 0 }, stagingDirectory: "/nonexistent" },
    log: bench.deps.log,
    functions: ["own-step"],
    countSpool: undefined,
    stop: new AbortController().signal,
    timing: { now: () => bench.clock.now().getTime() },
  });
  t.after(() => health.close());
  const url = String(bench.lines.find((line) => line["url"] !== undefined)?.["url"]);
  const healthz = async () => {
    const { status, body } = await report(url, "/healthz");
    return { status, ...body };
  };
  return { ...bench, observer: health.observer, healthz, url };
}

describe("/healthz", () => {
  it("is good while nothing runs yet, while slots wait for messages, and after they have ended", async (t) => {
    const { start, observer, healthz, clock, own } = await watched(t);
    assert.deepEqual(await healthz(), { status: 200, alive: true, slots: [] });
    const worker = start(async (message) => message, { observer, slots: 2 });
    await until("both slots have asked", () => own.count("receive") > 2);
    await clock.advance(3600);
    await until("both slots have asked again", async () => (await healthz()).status === 200);
    const { slots = [] } = await healthz();
    assert.deepEqual(
      slots.map(({ function: name, slot, state }) => [name, slot, state]),
      [
        ["own-step", 0, "receiving"],
        ["own-step", 1, "receiving"],
      ],
    );
    worker.stop();
    await worker.done;
    await clock.advance(3600);
    assert.deepEqual(await healthz(), { status: 200, alive: true, slots: [] });
  });

  it("names the slot whose receive never ends", async (t) => {
    const { start, observer, healthz, clock, own } = await watched(t);
    own.silent.add("receive");
    start(async (message) => message, { observer, waitSeconds: 5 });
    await until("the slot asks", () => own.count("receive") > 0);
    await clock.advance(155);
    assert.equal((await healthz()).status, 200, "three tries at a silent server, and a pause");
    await clock.advance(1);
    const { status, slots } = await healthz();
    assert.equal(status, 503);
    assert.deepEqual(slots, [
      {
        function: "own-step",
        slot: 0,
        state: "receiving",
        nextWithinSeconds: 155,
        secondsSinceSign: 156,
        overdue: true,
      },
    ]);
  });

  it("is good during hours of work, as long as the lease is kept", async (t) => {
    const { start, observer, healthz, clock, put } = await watched(t);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    let working = false;
    start(
      () => {
        working = true;
        return promise;
      },
      { observer },
    );
    await put({});
    await until("the step works", () => working);
    for (let hour = 0; hour < 5; hour += 1) {
      await clock.advance(3600);
      assert.equal((await healthz()).status, 200);
    }
    resolve({});
  });

  it("turns bad when a step goes on though its lease is lost", async (t) => {
    const { start, observer, healthz, clock, put, own, url } = await watched(t);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    let told: AbortSignal | undefined;
    start(
      (_message, _deps, signal) => {
        told = signal;
        return promise;
      },
      { observer },
    );
    await put({});
    await until("the step works", () => told !== undefined);
    own.down.add("changeVisibility");
    await clock.advance(120);
    assert.ok(told?.aborted, "the step was told to stop");
    assert.equal((await healthz()).status, 200, "and has time to do so");
    await clock.advance(241);
    const { status, slots } = await healthz();
    assert.deepEqual([status, slots?.[0]?.state], [503, "working"]);
    const failures = 'vmcatcher_one_heartbeat_failures_total{function="own-step"}';
    assert.ok(Number((await samples(url)).get(failures)) > 2, "one for each try");
    resolve({});
  });

  it("gets a sign with each try to tell a queue that is silent what became of a message", async (t) => {
    const { start, clock, put, own } = await watched(t);
    let signs = 0;
    const onSign = ({ state }: SignOfLife) => (signs += Number(state === "working"));
    own.down.add("remove");
    start(async (message) => message, { observer: { onSign } });
    await put({});
    await until("the step is done", () => own.count("remove") > 0);
    await clock.advance(20);
    assert.equal(own.count("remove"), 6);
    assert.equal(signs, 1 + 6);
  });
});
