import assert from "node:assert/strict";
import { it } from "node:test";
import { age, duration, rate } from "../../functions/cli/units.ts";

it("a length of time is told in its greatest unit, rounded down", () => {
  assert.deepEqual([-1, 0, 59.9, 60, 3599, 3600, 86_399, 86_400, 1e7].map(duration), [
    "0 s",
    "0 s",
    "59 s",
    "1 min",
    "59 min",
    "1 h",
    "23 h",
    "1 d",
    "115 d",
  ]);
});

it("an age comes from nanosecond times too, and there is none without a time", () => {
  const now = "2026-11-22T10:00:00.000Z";
  assert.equal(age("2026-11-22T08:00:00.123456789Z", now), "1 h");
  assert.equal(age(undefined, now), "");
  assert.equal(age("by hand", now), "");
});

it("a rate is told in MB/s", () => {
  assert.deepEqual([rate(12_345_678), rate(undefined)], ["12.3 MB/s", ""]);
});
