import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GiveUp, LeaseLost } from "../../../functions/shared/step/errors.ts";
import { insist } from "../../../functions/shared/worker/insist.ts";
import { ManualClock } from "./manual-clock.ts";

function failing(...errors: Error[]) {
  let calls = 0;
  return {
    calls: () => calls,
    call: async () => {
      calls += 1;
      const error = errors.length > 1 ? errors.shift() : errors[0];
      if (error !== undefined) {
        throw error;
      }
    },
  };
}

describe("insisting on a queue call", () => {
  const { signal } = new AbortController();
  const random = () => 1;

  it("tries six times within sixteen seconds, then tells the last error", async () => {
    const clock = new ManualClock();
    const queue = failing(new Error("first"), new Error("later"));
    const ended = assert.rejects(insist(queue.call, { clock, random, signal }), /later/);
    await clock.advance(15);
    assert.equal(queue.calls(), 5);
    await clock.advance(1);
    await ended;
    assert.equal(queue.calls(), 6);
  });

  for (const error of [new LeaseLost("gone"), new GiveUp("message-refused", "too large")]) {
    it(`does not repeat after ${error.name}`, async () => {
      const queue = failing(error);
      await assert.rejects(insist(queue.call, { clock: new ManualClock(), random, signal }), error);
      assert.equal(queue.calls(), 1);
    });
  }

  it("tries once, and tells why it failed, when there is no time left", async () => {
    const queue = failing(new Error("ECONNREFUSED"));
    const patience = { clock: new ManualClock(), random, signal: AbortSignal.abort() };
    await assert.rejects(insist(queue.call, patience), /ECONNREFUSED/);
    assert.equal(queue.calls(), 1);
  });
});
