import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GiveUp, StartOver } from "../../../functions/shared/step/errors.ts";
import { MESSAGE, numberOf, until, workbench } from "./workbench.ts";

describe("a delivery", () => {
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
    const bench = await workbench(t, MESSAGE);
    bench.start(async () => ({ ...MESSAGE, text: "x".repeat(2 ** 21) }));
    await until("over", () => bench.outcomes.length === 1);
    assert.equal((await bench.own.deadLetters(1))[0]?.reason?.code, "message-refused");
  });

  it("with a bug in the step is dead after twenty attempts", async (t) => {
    const bench = await workbench(t, MESSAGE);
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
});
