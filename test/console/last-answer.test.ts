import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lastAnswer } from "../../functions/console/last-answer.ts";

/** A question whose answers the test gives one by one. */
function question() {
  const open: PromiseWithResolvers<string>[] = [];
  const ask = lastAnswer(() => {
    const next = Promise.withResolvers<string>();
    open.push(next);
    return next.promise;
  }, 5);
  return { ask, open };
}

describe("a question that may take long", () => {
  it("is waited for the first time, by all who ask", async () => {
    const { ask, open } = question();
    const answers = [ask(), ask()];
    open[0]?.resolve("one");
    assert.deepEqual(await Promise.all(answers), ["one", "one"]);
    assert.equal(open.length, 1);
  });

  it("is later answered with what is known while it is open, and is asked once", async () => {
    const { ask, open } = question();
    const first = ask();
    open[0]?.resolve("one");
    await first;
    assert.deepEqual([await ask(), await ask()], ["one", "one"]);
    assert.equal(open.length, 2);
    open[1]?.resolve("two");
    assert.equal(await Promise.resolve().then(ask), "two");
  });

  it("fails when the last one did, until it is answered again", async () => {
    const { ask, open } = question();
    const first = ask();
    open[0]?.reject(new Error("refused"));
    await assert.rejects(first, /refused/);
    await assert.rejects(ask(), /refused/);
    const next = ask();
    open[1]?.resolve("back");
    assert.equal(await next, "back");
  });
});
