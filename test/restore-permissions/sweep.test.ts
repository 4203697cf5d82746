import assert from "node:assert/strict";
import { it } from "node:test";
import { disableFreed, sweepUntil } from "../../functions/restore-permissions/sweep.ts";
import { systemClock } from "../../functions/shared/time/clock.ts";
import { DISABLE } from "../../functions/shared/lineage/attributes.ts";
import { createChain } from "../fakes/chain.ts";

it("the sweep gives a sign before each image, and says how long it rests, also in an outage", async () => {
  const chain = await createChain();
  const stop = new AbortController();
  const signs: (readonly [state: string, seconds: number])[] = [];
  let rests = 0;
  try {
    for (const name of ["one", "two"]) {
      chain.site.simulator.addImage({ name, attributes: { [DISABLE]: "pending" } });
    }
    const clock = {
      ...systemClock,
      sleep: async () => {
        rests += 1;
        await (rests === 1 ? chain.site.simulator.stop() : stop.abort(new Error("stopping")));
      },
    };
    await sweepUntil(
      { ...chain.deps, clock, sign: (state, seconds) => signs.push([state, seconds]) },
      stop.signal,
    );
    assert.deepEqual(
      signs.map(([state]) => state),
      ["working", "working", "working", "waiting", "working", "waiting"],
    );
    const { sweepSeconds } = chain.deps.config;
    assert.ok(signs.every(([state, seconds]) => state === "working" || seconds > sweepSeconds));
    assert.deepEqual(
      chain.site.simulator.images().map(({ state }) => state),
      ["DISABLED", "DISABLED"],
    );
  } finally {
    await chain.site.simulator.start();
    await chain.site.close();
  }
});

it("Bug: a superseded image in ERROR waited to be free for ever. Fix: its note is taken off, and it stays as it is", async () => {
  const chain = await createChain();
  try {
    const attributes = { [DISABLE]: "pending" };
    const id = chain.site.simulator.addImage({ name: "x", state: "ERROR", attributes });
    const signal = AbortSignal.timeout(5000);
    await disableFreed(chain.deps, signal);
    const image = await chain.image(id);
    assert.equal(image.state, "ERROR");
    assert.equal(image.attributes.has(DISABLE), false);
    const before = chain.site.simulator.calls().length;
    await disableFreed(chain.deps, signal);
    assert.deepEqual(
      chain.site.simulator
        .calls()
        .slice(before)
        .map(({ method }) => method),
      ["one.imagepool.info"],
    );
  } finally {
    await chain.site.close();
  }
});
