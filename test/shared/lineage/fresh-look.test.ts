import assert from "node:assert/strict";
import { test } from "node:test";
import { freshLook } from "../../../functions/shared/lineage/fresh-look.ts";
import { ManualClock } from "../worker/manual-clock.ts";

for (const { seconds, looks } of [
  { seconds: [0.1], looks: 1 },
  { seconds: [30, 1.9], looks: 2 },
  { seconds: [2, 2, 2, 2], looks: 3 },
]) {
  test(`looks that take ${seconds.join(", ")} s: what counts is look ${looks}`, async () => {
    const clock = new ManualClock();
    let looked = 0;
    const look = async (): Promise<number> => {
      clock.jump(seconds[looked] ?? 0);
      return ++looked;
    };
    assert.equal(await freshLook(look, clock), looks);
    assert.equal(looked, looks);
  });
}
