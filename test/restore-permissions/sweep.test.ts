import assert from "node:assert/strict";
import { it } from "node:test";
import { sweepUntil } from "../../functions/restore-permissions/sweep.ts";
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
