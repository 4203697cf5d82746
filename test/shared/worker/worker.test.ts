import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RetryLater } from "../../../functions/shared/step/errors.ts";
import { ShuttingDown } from "../../../functions/shared/worker/outcome.ts";
import { runStep } from "../../../functions/shared/worker/worker.ts";
import { MESSAGE, aborted, numberOf, until, workbench } from "./workbench.ts";

describe("worker", () => {
  it("goes on in one slot while another one is busy", async (t) => {
    const bench = await workbench(t);
    const slow = Promise.withResolvers<void>();
    const done: number[] = [];
    for (const n of [0, 1, 2, 3]) {
      await bench.put({ ...MESSAGE, n }, `group-${n}`);
    }
    bench.start(
      async (message) => {
        await (numberOf(message) === 0 ? slow.promise : undefined);
        done.push(numberOf(message));
        return message;
      },
      { slots: 2 },
    );
    await until("the others", () => bench.outcomes.length === 3);
    assert.deepEqual(done, [1, 2, 3]);
    slow.resolve();
    await until("all", () => bench.outcomes.length === 4);
  });

  it("never works on more messages than it has slots", async (t) => {
    const bench = await workbench(t);
    for (let n = 0; n < 9; n += 1) {
      await bench.put({ ...MESSAGE, n }, `group-${n}`);
    }
    let inFlight = 0;
    let most = 0;
    let noted = 0;
    bench.start(
      async (message) => {
        inFlight += 1;
        most = Math.max(most, inFlight);
        await new Promise(setImmediate);
        inFlight -= 1;
        return message;
      },
      {
        slots: 3,
        observer: {
          onInFlight: ({ change }) => {
            noted += change;
          },
          onOutcome: ({ outcome }) => void bench.outcomes.push(outcome),
        },
      },
    );
    await until("all", () => bench.outcomes.length === 9);
    assert.equal(most, 3);
    assert.equal(noted, 0);
  });

  it("keeps the order of a group: a message that is retried holds back those behind it, and no other group", async (t) => {
    const bench = await workbench(t);
    for (const n of [1, 2]) {
      await bench.put({ ...MESSAGE, n }, "a");
    }
    await bench.put({ ...MESSAGE, n: 3 }, "b");
    const seen: number[] = [];
    let outage = true;
    bench.start(
      async (message) => {
        seen.push(numberOf(message));
        if (numberOf(message) === 1 && outage) {
          throw new RetryLater("down", { afterSeconds: 60 });
        }
        return message;
      },
      { slots: 3 },
    );
    await until("the other group", () => bench.next.sent.length === 1);
    outage = false;
    await bench.clock.advance(60);
    await until("all", () => bench.next.sent.length === 3);
    assert.deepEqual(seen, [1, 3, 1, 2]);
  });

  it("tells the duration, the outcome and whose it was, in one line a delivery", async (t) => {
    const bench = await workbench(t, MESSAGE);
    bench.start(async () => {
      await bench.clock.advance(3);
      return MESSAGE;
    });
    await until("done", () => bench.outcomes.length === 1);
    const [line, ...others] = bench.lines;
    assert.deepEqual(others, []);
    assert.deepEqual(
      { ...line, messageId: undefined, traceId: undefined },
      {
        level: "info",
        function: "own-step",
        messageId: undefined,
        identifier: "image-1",
        job: MESSAGE.job.id,
        attempt: 1,
        traceId: undefined,
        outcome: "ok",
        milliseconds: 3000,
        text: "done",
      },
    );
  });

  it("refuses to run a step whose results would have nowhere to go", async (t) => {
    const bench = await workbench(t);
    const stop = new AbortController().signal;
    await assert.rejects(
      runStep(
        "own-step",
        { run: async () => MESSAGE, next: "next" },
        {
          queue: bench.own,
          firstQueue: bench.first,
          nextQueue: undefined,
          deps: bench.deps,
          slots: 1,
          stopGraceSeconds: 1,
        },
        stop,
      ),
      /own-step: its next step is next/,
    );
  });
});

describe("worker, when the queue is down", () => {
  it("goes on asking, ever more slowly, tells once that it is down and once that it is back", async (t) => {
    const bench = await workbench(t);
    bench.own.down.add("receive");
    await bench.put(MESSAGE);
    bench.start(async () => MESSAGE, { slots: 2 });
    await until("asked", () => bench.own.count("receive") === 2);
    await bench.clock.advance(3600);
    const asked = bench.own.count("receive") / 2;
    assert.ok(asked > 100 && asked < 135, `${asked} times in an hour`);
    assert.equal(bench.linesOf("warn").length, 1);
    bench.own.recover();
    await bench.clock.advance(30);
    await until("done", () => bench.outcomes.length === 1);
    const back = bench
      .linesOf("info")
      .filter((line) => line["text"] === "the queue can be used again");
    assert.equal(back.length, 1);
    assert.equal(bench.linesOf("warn").length, 1);
    bench.own.down.add("receive");
    await until("the next outage is told too", () => bench.linesOf("warn").length === 2);
  });

  it("stops at once", async (t) => {
    const bench = await workbench(t);
    bench.own.down.add("receive");
    const worker = bench.start(async () => MESSAGE);
    await until("asked", () => bench.own.count("receive") === 1);
    worker.stop();
    await worker.done;
  });
});

describe("worker, when it is stopped", () => {
  it("takes nothing new, lets the running step finish and passes its result on", async (t) => {
    const bench = await workbench(t);
    await bench.put({ ...MESSAGE, n: 1 }, "a");
    await bench.put({ ...MESSAGE, n: 2 }, "b");
    const finish = Promise.withResolvers<void>();
    let signal: AbortSignal | undefined;
    const worker = bench.start(async (message, _deps, given) => {
      signal = given;
      await finish.promise;
      return message;
    });
    await until("running", () => signal !== undefined);
    worker.stop();
    await bench.clock.advance(19);
    assert.equal(signal?.aborted, false);
    finish.resolve();
    await worker.done;
    assert.deepEqual(bench.outcomes, ["ok"]);
    assert.equal(bench.next.sent.length, 1);
    assert.deepEqual(await bench.own.depth(), { waiting: 1, inFlight: 0, dead: 0 });
  });

  it("aborts a step that is not done after the time of grace, and gives its message back at once", async (t) => {
    const bench = await workbench(t, MESSAGE);
    let signal: AbortSignal | undefined;
    const worker = bench.start(async (_message, _deps, given) => {
      signal = given;
      return aborted(given);
    });
    await until("running", () => signal !== undefined);
    worker.stop();
    await bench.clock.advance(20);
    await worker.done;
    assert.ok(signal?.reason instanceof ShuttingDown);
    assert.deepEqual(bench.outcomes, ["released"]);
    assert.deepEqual(await bench.own.depth(), { waiting: 1, inFlight: 0, dead: 0 });
    assert.deepEqual(bench.linesOf("warn"), []);
    assert.equal(bench.linesOf("info").length, 1);
  });

  it("does not interrupt a receive, and gives back at once what it brings", async (t) => {
    const bench = await workbench(t);
    const answer = Promise.withResolvers<void>();
    const receive = bench.own.receive.bind(bench.own);
    bench.own.receive = async (options) => {
      await answer.promise;
      return receive(options);
    };
    const worker = bench.start(() => assert.fail("must not run"));
    await bench.put(MESSAGE);
    worker.stop();
    await bench.clock.advance(300);
    assert.equal(worker.ended(), false);
    answer.resolve();
    await worker.done;
    assert.deepEqual(await bench.own.depth(), { waiting: 1, inFlight: 0, dead: 0 });
    assert.deepEqual(bench.outcomes, []);
  });

  it("does not even begin when it was stopped before", async (t) => {
    const bench = await workbench(t, MESSAGE);
    await runStep(
      "own-step",
      { run: () => assert.fail("must not run"), next: "next" },
      {
        queue: bench.own,
        firstQueue: bench.first,
        nextQueue: bench.next,
        deps: bench.deps,
        slots: 2,
        stopGraceSeconds: 1,
      },
      AbortSignal.abort(),
    );
    assert.equal(bench.own.count("receive"), 0);
  });

  it("does not wait for a queue that is down: the message comes again when its lease is over", async (t) => {
    const bench = await workbench(t, MESSAGE);
    let running = false;
    const worker = bench.start(async (_message, _deps, signal) => {
      running = true;
      return aborted(signal);
    });
    await until("running", () => running);
    bench.own.down.add("changeVisibility");
    worker.stop();
    await bench.clock.advance(20);
    await worker.done;
    assert.deepEqual(bench.outcomes, ["lease_lost"]);
    await bench.clock.advance(120);
    assert.equal((await bench.own.depth()).waiting, 1);
  });
});
