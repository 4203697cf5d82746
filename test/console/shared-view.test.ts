import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SharedView } from "../../functions/console/shared-view.ts";
import type { Overview } from "../../functions/shared/overview/overview.ts";
import { NOW, overviewOf, queuesOf } from "./scenes.ts";

/** A view over answers that the test gives, by a clock that it owns. */
function viewOf(answers: readonly Partial<Overview>[], options: { patienceMs?: number } = {}) {
  let now = 0;
  let asked = 0;
  let gate: Promise<unknown> = Promise.resolve();
  const view = new SharedView(
    async () => {
      const answer = answers[Math.min(asked++, answers.length - 1)];
      await gate;
      return overviewOf(answer);
    },
    { now: () => now, ...options },
  );
  return {
    view,
    asked: () => asked,
    later: (milliseconds: number) => {
      now += milliseconds;
    },
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
  };
}

describe("the view that all who look share", () => {
  it("asks once for all, and again only when the answer is old", async () => {
    const { view, asked, later } = viewOf([{}]);
    await Promise.all([view.latest(), view.latest(), view.latest()]);
    later(1999);
    await view.latest();
    assert.equal(asked(), 1);
    later(1);
    await view.latest();
    assert.equal(asked(), 2);
  });

  it("leaves a slow OpenNebula four times as long in peace as it took", async () => {
    const { view, asked, later, hold } = viewOf([{}]);
    const open = hold();
    const first = view.latest();
    later(3000);
    open();
    await first;
    later(11_999);
    await view.latest();
    assert.equal(asked(), 1);
    later(1);
    await view.latest();
    assert.equal(asked(), 2);
  });

  it("keeps the last good answer of what does not answer any more, with its time and the reason", async () => {
    const { view, later } = viewOf([
      { at: NOW, queues: queuesOf({ "convert-image": { waiting: 3 } }) },
      { at: "2026-11-22T18:01:00.000Z", queues: { error: "no answer in 10 s" } },
    ]);
    await view.latest();
    later(5000);
    const { at, queues, spool } = await view.latest();
    assert.equal(at, "2026-11-22T18:01:00.000Z");
    assert.equal(queues.value?.[1]?.waiting, 3);
    assert.deepEqual([queues.at, queues.error], [NOW, "no answer in 10 s"]);
    assert.deepEqual([spool.at, spool.error], ["2026-11-22T18:01:00.000Z", undefined]);
  });

  it("knows nothing of what has never answered", async () => {
    const { view } = viewOf([{ identifiers: { error: "connect ECONNREFUSED" } }]);
    const { identifiers } = await view.latest();
    assert.deepEqual(identifiers, {
      value: undefined,
      at: undefined,
      error: "connect ECONNREFUSED",
    });
  });

  it("shows what it has when a new answer takes long", async () => {
    const { view, later, hold } = viewOf([{ at: NOW }, { at: "later" }], { patienceMs: 5 });
    await view.latest();
    later(5000);
    const open = hold();
    assert.equal((await view.latest()).at, NOW);
    open();
    later(5000);
    assert.equal((await view.latest()).at, "later");
  });

  it("asks anew after a change, even when a question from before is still under way", async () => {
    const { view, asked, later, hold } = viewOf([{ at: "0" }, { at: "1" }, { at: "2" }]);
    await view.latest();
    later(5000);
    const open = hold();
    const before = view.latest();
    view.expire();
    const after = view.latest();
    open();
    assert.equal((await after).at, "2");
    await before;
    assert.equal(asked(), 3);
  });
});
