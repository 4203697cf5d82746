import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GiveUp, RetryLater, StartOver } from "../../../functions/shared/step/errors.ts";
import { MESSAGE, until, workbench } from "./workbench.ts";

describe("a delivery", () => {
  it("is hidden longer from attempt to attempt, and never dead of an outage", async (t) => {
    const bench = await workbench(t, MESSAGE);
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

  it("whose step returns nothing, though another step waits for it, is a bug and not lost", async (t) => {
    const bench = await workbench(t, MESSAGE);
    bench.start(() => Promise.resolve(undefined));
    await until("judged", () => bench.outcomes.length === 1);
    assert.deepEqual(bench.outcomes, ["retry"]);
    assert.deepEqual(bench.next.sent, []);
  });

  it("is done although the next queue fails for a few seconds, without running the step again", async (t) => {
    const bench = await workbench(t, MESSAGE);
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
      const bench = await workbench(t, MESSAGE);
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
      const bench = await workbench(t, MESSAGE);
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
