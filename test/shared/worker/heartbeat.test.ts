import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { GiveUp, LeaseLost, RetryLater } from "../../../functions/shared/step/errors.ts";
import type { RunStepOptions } from "../../../functions/shared/worker/worker.ts";
import { MESSAGE, aborted, until, workbench } from "./workbench.ts";

/** A step that runs until it is told to stop or to end, and notes both. */
function longStep() {
  const end = Promise.withResolvers<unknown>();
  const runs: AbortSignal[] = [];
  return {
    runs,
    end: () => end.resolve(MESSAGE),
    handle: (_message: unknown, _deps: unknown, signal: AbortSignal) => {
      runs.push(signal);
      return Promise.race([aborted(signal), end.promise]);
    },
  };
}

/** A worker with a message in its hands, whose step is a long one. */
async function atWork(t: TestContext, options: Partial<RunStepOptions> = {}) {
  const bench = await workbench(t, MESSAGE);
  const step = longStep();
  bench.start(step.handle, options);
  await until("running", () => step.runs.length === 1);
  return { bench, step };
}

describe("heartbeat", () => {
  it("keeps the message of a long step from a second worker", async (t) => {
    const { bench, step } = await atWork(t);
    bench.start(step.handle);
    for (let minutes = 0; minutes < 30; minutes += 2) {
      await bench.clock.advance(120);
      const polls = bench.own.count("receive");
      await until("the second worker has asked", () => bench.own.count("receive") > polls);
    }
    assert.equal(step.runs.length, 1);
    step.end();
    await until("done", () => bench.outcomes.length === 1);
    assert.deepEqual(bench.outcomes, ["ok"]);
  });

  it("asks at a third of the lease for a whole one", async (t) => {
    const { bench } = await atWork(t, { leaseSeconds: 60 });
    await bench.clock.advance(19);
    assert.equal(bench.own.count("changeVisibility"), 0);
    await bench.clock.advance(41);
    assert.equal(bench.own.calls.filter((call) => call === "changeVisibility 60").length, 3);
  });

  it("aborts the step when the queue says that the lease is lost, and leaves the message alone", async (t) => {
    const { bench, step } = await atWork(t);
    bench.own.changeVisibility = async () => {
      throw new LeaseLost("somebody else has it");
    };
    await bench.clock.advance(40);
    await until("over", () => bench.outcomes.length === 1);
    assert.deepEqual(bench.outcomes, ["lease_lost"]);
    assert.ok(step.runs[0]?.reason instanceof LeaseLost);
    for (const method of ["remove", "deadLetter"] as const) {
      assert.equal(bench.own.count(method), 0, method);
    }
    assert.deepEqual(bench.next.sent, []);
  });

  it("the loss of the lease counts, whatever the aborted step throws or returns", async (t) => {
    for (const end of [
      () => Promise.reject(new GiveUp("bad-image", "qemu-img was killed")),
      async () => MESSAGE,
    ]) {
      const bench = await workbench(t, MESSAGE);
      bench.start(async (_message, _deps, signal) => {
        await aborted(signal).catch(() => undefined);
        return end();
      });
      await until("running", () => bench.own.count("receive") > 0);
      bench.own.changeVisibility = async () => {
        throw new LeaseLost("somebody else has it");
      };
      await bench.clock.advance(40);
      await until("over", () => bench.outcomes.length === 1);
      assert.deepEqual(bench.outcomes, ["lease_lost"]);
      assert.equal(bench.own.count("deadLetter"), 0);
      assert.deepEqual(bench.next.sent, []);
    }
  });

  it("survives an outage that is shorter than the lease, with one line for it", async (t) => {
    const { bench, step } = await atWork(t);
    bench.own.down.add("changeVisibility");
    await bench.clock.advance(104);
    assert.equal(step.runs[0]?.aborted, false);
    assert.ok(bench.own.count("changeVisibility") > 5);
    bench.own.recover();
    await bench.clock.advance(300);
    assert.equal(step.runs[0].aborted, false);
    assert.equal(bench.linesOf("warn").length, 1);
    step.end();
    await until("done", () => bench.outcomes.length === 1);
    assert.deepEqual(bench.outcomes, ["ok"]);
  });

  it("Bug: a process that had stood still for longer than its lease went on with what it had seen before. Fix: it stops at once", async (t) => {
    const { bench, step } = await atWork(t);
    bench.clock.jump(600);
    bench.own.silent.add("changeVisibility");
    await bench.clock.advance(0);
    assert.ok(step.runs[0]?.reason instanceof LeaseLost);
    assert.equal(bench.own.count("changeVisibility"), 0);
    bench.own.recover();
    step.end();
  });

  it("Bug: a process that had stood still while its heartbeat was answered went on for a third of a lease. Fix: it stops at once", async (t) => {
    const { bench, step } = await atWork(t);
    const changeVisibility = bench.own.changeVisibility.bind(bench.own);
    bench.own.changeVisibility = async (delivery, seconds) => {
      await changeVisibility(delivery, seconds);
      bench.clock.jump(600);
    };
    await bench.clock.advance(40);
    await bench.clock.advance(0);
    assert.ok(step.runs[0]?.reason instanceof LeaseLost);
    step.end();
  });

  it("counts the lease from when the message was asked for, not from its arrival", async (t) => {
    const bench = await workbench(t, MESSAGE);
    const receive = bench.own.receive.bind(bench.own);
    bench.own.receive = async (options) => {
      const delivery = await receive(options);
      bench.clock.jump(50);
      bench.own.receive = receive;
      return delivery;
    };
    const step = longStep();
    bench.own.silent.add("changeVisibility");
    bench.start(step.handle);
    await until("running", () => step.runs.length === 1);
    await bench.clock.advance(59);
    assert.equal(step.runs[0]?.aborted, false);
    await bench.clock.advance(10); // a second before the lease's end
    assert.ok(step.runs[0].reason instanceof LeaseLost);
    bench.own.recover();
    step.end();
  });

  for (const how of ["down", "silent"] as const) {
    it(`aborts the step before the lease is over when the queue is ${how}`, async (t) => {
      const { bench, step } = await atWork(t);
      bench.own[how].add("changeVisibility");
      await bench.clock.advance(109);
      assert.equal(step.runs[0]?.aborted, false);
      await bench.clock.advance(10); // a second before the lease's end
      assert.ok(step.runs[0].reason instanceof LeaseLost);
      assert.equal(step.runs.length, 1);
      bench.own.recover();
      await bench.clock.advance(1);
      await until("handled again", () => step.runs.length === 2);
      step.end();
      await until("done", () => bench.outcomes.length === 2);
      assert.deepEqual(bench.outcomes, ["lease_lost", "ok"]);
    });
  }

  for (const seconds of [86_400, -86_400]) {
    it(`is not disturbed by a clock that is set by ${seconds} s`, async (t) => {
      const { bench, step } = await atWork(t);
      bench.own.changeVisibility = async () =>
        bench.clock.sleep(1000, new AbortController().signal);
      bench.clock.set(seconds);
      await bench.clock.advance(600);
      assert.equal(step.runs[0]?.aborted, false);
      bench.own.changeVisibility = () => Promise.withResolvers<void>().promise;
      bench.clock.set(-seconds);
      await bench.clock.advance(120);
      assert.ok(step.runs[0].reason instanceof LeaseLost);
      step.end();
      bench.own.changeVisibility = async () => undefined;
      await until("over", () => bench.outcomes.length > 0);
      assert.equal(bench.outcomes[0], "lease_lost");
    });
  }

  it("stops a step after eleven and a half hours, before the queue ends the lease, and it is retried", async (t) => {
    const { bench, step } = await atWork(t, { leaseSeconds: 3600 });
    await bench.clock.advance(11.5 * 3600 - 1);
    assert.equal(step.runs[0]?.aborted, false);
    await bench.clock.advance(1);
    assert.ok(step.runs[0].reason instanceof RetryLater);
    await until("over", () => bench.outcomes.length === 1);
    assert.deepEqual(bench.outcomes, ["retry"]);
  });

  it("leaves no late extension that would undo the back-off", async (t) => {
    const bench = await workbench(t, MESSAGE);
    const fail = Promise.withResolvers<never>();
    const started = Promise.withResolvers<void>();
    bench.start(() => {
      started.resolve();
      return fail.promise;
    });
    await started.promise;
    const extended = Promise.withResolvers<void>();
    const changeVisibility = bench.own.changeVisibility.bind(bench.own);
    bench.own.changeVisibility = async (delivery, seconds) => {
      if (seconds === 120) {
        await extended.promise; // a slow heartbeat
      }
      await changeVisibility(delivery, seconds);
    };
    await bench.clock.advance(40);
    fail.reject(new RetryLater("later", { afterSeconds: 30 }));
    await bench.clock.advance(1);
    extended.resolve();
    await until("over", () => bench.outcomes.length === 1);
    assert.deepEqual(
      bench.own.calls.filter((call) => call.startsWith("changeVisibility")),
      ["changeVisibility 120", "changeVisibility 30"],
    );
  });
});
