import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GiveUp, RetryLater, StartOver } from "../../../functions/shared/errors.ts";
import { MESSAGE, numberOf, until, workbench } from "./workbench.ts";

describe("a delivery", () => {
  it("is passed on with its group and trace, then removed", async (t) => {
    const bench = await workbench(t);
    const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    await bench.own.send({
      body: JSON.stringify(MESSAGE),
      group: "image-1",
      deduplicationId: "1",
      trace,
    });
    const atSend: number[] = [];
    const send = bench.next.send.bind(bench.next);
    bench.next.send = async (message) => {
      atSend.push(bench.own.count("remove"));
      await send(message);
    };
    bench.start(async () => ({ ...MESSAGE, previous: 1 }));
    await until("removed", () => bench.own.count("remove") === 1);
    assert.deepEqual(atSend, [0], "sent before it is removed");
    assert.deepEqual(bench.bodies(bench.next), [{ ...MESSAGE, previous: 1 }]);
    assert.equal(bench.next.sent[0]?.group, "image-1");
    assert.equal(bench.next.sent[0]?.trace, trace);
    assert.deepEqual(await bench.own.depth(), { waiting: 0, inFlight: 0, dead: 0 });
  });

  it("without a trace gets one that all its attempts share", async (t) => {
    const bench = await workbench(t);
    await bench.put(MESSAGE);
    let attempts = 0;
    bench.start(async () => {
      attempts += 1;
      if (attempts < 3) {
        throw new RetryLater("not yet", { afterSeconds: 1 });
      }
      return MESSAGE;
    });
    await until("sent", async () => {
      await bench.clock.advance(1);
      return bench.next.sent.length === 1;
    });
    await until("three lines", () => bench.lines.filter((line) => "traceId" in line).length === 3);
    const traces = new Set(
      bench.lines.filter((line) => "traceId" in line).map((line) => line["traceId"]),
    );
    assert.equal(traces.size, 1);
    assert.equal(bench.next.sent[0]?.trace?.slice(3, 35), [...traces][0]);
  });

  it("of the last step is removed and nothing sent", async (t) => {
    const bench = await workbench(t);
    await bench.put(MESSAGE);
    bench.start(async () => ({ ignored: true }), { nextQueue: undefined });
    await until("removed", () => bench.own.count("remove") === 1);
    assert.deepEqual(bench.next.sent, []);
  });

  it("is handled again after a crash between sending and removing; the next step still gets one message", async (t) => {
    const bench = await workbench(t);
    await bench.put(MESSAGE);
    bench.own.silent.add("remove"); // as good as a crash: nothing comes after the send
    let runs = 0;
    const handle = async () => {
      runs += 1;
      return MESSAGE;
    };
    const crashed = bench.start(handle);
    await until("sent", () => bench.next.sent.length === 1);
    crashed.stop();
    bench.own.silent.delete("remove");
    await bench.clock.advance(121); // the lease of the dead
    bench.start(handle);
    await until("done", () => bench.outcomes.includes("ok"));
    assert.equal(runs, 2);
    assert.equal(bench.next.sent.length, 2);
    assert.equal((await bench.next.depth()).waiting, 1, "the second result was dropped");
    assert.equal((await bench.own.depth()).waiting, 0);
  });

  it("of a replayed dead letter is passed on, although it got as far as that before", async (t) => {
    const bench = await workbench(t);
    await bench.put(MESSAGE);
    let runs = 0;
    bench.start(async () => {
      runs += 1;
      if (runs === 2) {
        throw new GiveUp("bad", "bad the second time");
      }
      return MESSAGE;
    });
    bench.own.down.add("remove");
    await until("sent, but not removed", async () => {
      await bench.clock.advance(1);
      return bench.outcomes[0] === "lease_lost";
    });
    bench.own.recover();
    await bench.clock.advance(120);
    await until("dead", () => bench.outcomes[1] === "dead");
    await bench.own.redrive();
    await until("done", () => bench.outcomes[2] === "ok");
    assert.equal((await bench.next.depth()).waiting, 2);
  });

  it("that is given up lies in the dead letters at once, with the reason, and its group goes on", async (t) => {
    const bench = await workbench(t);
    await bench.put({ ...MESSAGE, n: 1 });
    await bench.put({ ...MESSAGE, n: 2 });
    bench.start(async (message) => {
      if (numberOf(message) === 1) {
        throw new GiveUp("checksum-mismatch", "sha512 differs");
      }
      return message;
    });
    await until("second sent", () => bench.next.sent.length === 1);
    const [letter, ...others] = await bench.own.deadLetters(10);
    assert.deepEqual(others, []);
    assert.deepEqual(letter?.reason, {
      code: "checksum-mismatch",
      text: "sha512 differs",
      step: "own-step",
      time: "2026-03-01T12:00:00.000Z",
      attempts: 1,
    });
    const [line] = bench.linesOf("error");
    assert.equal(line?.["code"], "checksum-mismatch");
    assert.equal(line["identifier"], "image-1");
    assert.equal(line["job"], MESSAGE.job.id);
    assert.equal(line["function"], "own-step");
  });

  for (const body of ["not JSON", '{"cut']) {
    it(`with the body ${body} is dead as invalid-message`, async (t) => {
      const bench = await workbench(t);
      await bench.put(body);
      bench.start(() => assert.fail("must not run"));
      await until("dead", () => bench.outcomes.length === 1);
      assert.equal((await bench.own.deadLetters(1))[0]?.reason?.code, "invalid-message");
    });
  }

  for (const body of ["null", "7", "[]", '{"job":null}', '{"job":{"id":7}}']) {
    it(`with the body ${body} is left to the step to judge`, async (t) => {
      const bench = await workbench(t);
      await bench.put(body);
      bench.start(async () => {
        throw new StartOver("whatever it is");
      });
      await until("dead", () => bench.outcomes.length === 1);
      assert.equal((await bench.own.deadLetters(1))[0]?.reason?.code, "invalid-message");
    });
  }

  it("that starts over sends the job alone to the first queue, counts it, and is gone", async (t) => {
    const bench = await workbench(t);
    await bench.put({ ...MESSAGE, artifact: "gone" });
    bench.start(async () => {
      throw new StartOver("staged file is gone");
    });
    await until("done", () => bench.outcomes.length === 1);
    assert.deepEqual(bench.outcomes, ["start_over"]);
    assert.deepEqual(bench.bodies(bench.first), [{ job: { ...MESSAGE.job, restarts: 1 } }]);
    assert.equal(bench.first.sent[0]?.group, "group-1");
    assert.deepEqual(bench.next.sent, []);
    assert.deepEqual(await bench.own.depth(), { waiting: 0, inFlight: 0, dead: 0 });
  });

  it("that has started over three times is dead", async (t) => {
    const bench = await workbench(t);
    await bench.put({ job: { ...MESSAGE.job, restarts: 3 } });
    bench.start(async () => {
      throw new StartOver("gone again");
    });
    await until("dead", () => bench.outcomes.length === 1);
    assert.equal((await bench.own.deadLetters(1))[0]?.reason?.code, "started-over-too-often");
    assert.deepEqual(bench.first.sent, []);
  });

  it("with a result that no queue takes is dead, not retried for ever", async (t) => {
    const bench = await workbench(t);
    await bench.put(MESSAGE);
    bench.start(async () => ({ ...MESSAGE, text: "x".repeat(2 ** 21) }));
    await until("over", () => bench.outcomes.length === 1);
    assert.equal((await bench.own.deadLetters(1))[0]?.reason?.code, "message-refused");
  });

  it("is hidden longer from attempt to attempt, and never dead of an outage", async (t) => {
    const bench = await workbench(t);
    await bench.put(MESSAGE);
    const attempts: number[] = [];
    bench.start(async () => {
      attempts.push(bench.clock.now().getTime() / 1000);
      throw new RetryLater("OpenNebula is down");
    });
    await until("40 attempts", async () => {
      await bench.clock.advance(450);
      return attempts.length >= 40;
    });
    const delays = bench.linesOf("warn").map((line) => line["delaySeconds"]);
    assert.deepEqual(delays.slice(0, 12), [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
    assert.equal((await bench.own.depth()).dead, 0);
    assert.ok(bench.outcomes.every((outcome) => outcome === "retry"));
  });

  it("with a bug in the step is dead after twenty attempts", async (t) => {
    const bench = await workbench(t);
    await bench.put(MESSAGE);
    bench.start(() => Promise.reject(new TypeError("x is not a function")));
    await until("dead", async () => {
      await bench.clock.advance(900);
      return bench.outcomes.includes("dead");
    });
    assert.equal(bench.outcomes.length, 20);
    const [letter] = await bench.own.deadLetters(1);
    assert.equal(letter?.reason?.code, "unexpected-error");
    assert.equal(letter.reason.attempts, 20);
  });

  it("whose step returns nothing, though another step waits for it, is a bug and not lost", async (t) => {
    const bench = await workbench(t);
    await bench.put(MESSAGE);
    bench.start(() => Promise.resolve(undefined));
    await until("judged", () => bench.outcomes.length === 1);
    assert.deepEqual(bench.outcomes, ["retry"]);
    assert.deepEqual(bench.next.sent, []);
  });

  it("is done although the next queue fails for a few seconds, without running the step again", async (t) => {
    const bench = await workbench(t);
    await bench.put(MESSAGE);
    bench.next.down.add("send");
    let runs = 0;
    bench.start(async () => {
      runs += 1;
      return MESSAGE;
    });
    await until("a failed send", () => bench.next.count("send") === 1);
    await bench.clock.advance(3);
    assert.ok(bench.next.count("send") > 1);
    bench.next.recover();
    await bench.clock.advance(8);
    await until("done", () => bench.outcomes.length === 1);
    assert.deepEqual(bench.outcomes, ["ok"]);
    assert.equal(runs, 1);
  });

  for (const [method, error] of [
    ["next", () => undefined],
    ["first", () => new StartOver("gone")],
  ] as const) {
    it(`comes again while the ${method} queue is down, for days, and is not dead for it`, async (t) => {
      const bench = await workbench(t);
      await bench.put(MESSAGE);
      bench[method].down.add("send");
      bench.start(async () => {
        const thrown = error();
        if (thrown !== undefined) {
          throw thrown;
        }
        return MESSAGE;
      });
      await until("30 attempts", async () => {
        await bench.clock.advance(300);
        return bench.outcomes.length >= 30;
      });
      assert.ok(bench.outcomes.every((outcome) => outcome === "retry"));
      bench[method].recover();
      await until("sent", async () => {
        await bench.clock.advance(300);
        return bench[method].sent.length === 1;
      });
      assert.equal((await bench.own.depth()).dead, 0);
    });
  }

  for (const [method, handle] of [
    ["remove", () => Promise.resolve(MESSAGE)],
    ["deadLetter", () => Promise.reject(new GiveUp("bad", "bad"))],
    ["changeVisibility", () => Promise.reject(new RetryLater("down"))],
  ] as const) {
    it(`is not lost when ${method} fails: it comes again when its lease is over`, async (t) => {
      const bench = await workbench(t);
      await bench.put(MESSAGE);
      bench.own.down.add(method);
      let runs = 0;
      bench.start(() => {
        runs += 1;
        return handle();
      });
      await until("let go of", async () => {
        await bench.clock.advance(1);
        return bench.outcomes.length === 1;
      });
      assert.deepEqual(bench.outcomes, ["lease_lost"]);
      bench.own.recover();
      await bench.clock.advance(120);
      await until("second run", () => bench.outcomes.length === 2);
      assert.equal(runs, 2);
      assert.notEqual(bench.outcomes[1], "lease_lost");
    });
  }
});
