import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { boundedAsk } from "../../../functions/shared/health/bounded-ask.ts";
import { QueueFailure } from "../../../functions/shared/queue/queue-failure.ts";

describe("a bounded question", () => {
  it("is put once for all who ask within the time that an answer is good for", async () => {
    let now = 0;
    let calls = 0;
    const ask = boundedAsk(async () => ++calls, { now: () => now, freshMs: 5000 });
    assert.deepEqual(await Promise.all([ask(), ask()]), [{ value: 1 }, { value: 1 }]);
    now = 4999;
    assert.deepEqual(await ask(), { value: 1 });
    now = 5000;
    assert.deepEqual(await ask(), { value: 2 });
  });

  it("does not keep anybody longer than the limit, nor is it put again while the call hangs", async () => {
    let calls = 0;
    const { promise, resolve } = Promise.withResolvers<string>();
    const hang = () => {
      calls += 1;
      return promise;
    };
    const ask = boundedAsk(hang, { limitMs: 5 });
    assert.deepEqual(await ask(), { failure: "no answer in 0.005 s" });
    assert.deepEqual(await ask(), { failure: "no answer in 0.005 s" });
    assert.equal(calls, 1);
    resolve("late");
    assert.deepEqual(await ask(), { value: "late" });
  });

  it("tells of a failure its code and not its text, and keeps it as long as an answer", async () => {
    let calls = 0;
    const ask = boundedAsk(async () => {
      calls += 1;
      throw new QueueFailure("queue q: depth", "AccessDenied", "key AKIA1234 may not");
    });
    assert.deepEqual(await ask(), { failure: "AccessDenied" });
    await ask();
    assert.equal(calls, 1);
    const nameless = boundedAsk(() => Promise.reject(new Error("a secret")));
    assert.deepEqual(await nameless(), { failure: "failed" });
  });
});
