import assert from "node:assert/strict";
import { test } from "node:test";
import { UsedPlaces, type Use } from "../../../../functions/shared/disk/formats/used-places.ts";

const UNIT = 512;

test("places that touch each other are not used twice, whatever their length", () => {
  const places = new UsedPlaces(1000 * UNIT, UNIT);
  let unit = 0;
  for (const units of [1, 31, 32, 33, 64, 100, 1, 128, 7]) {
    places.take("data", { offset: unit * UNIT, size: units * UNIT });
    unit += units;
  }
  places.take("metadata", { offset: unit * UNIT, size: UNIT });
  places.check();
});

test("one unit that is used for two things is found at once, wherever it is", () => {
  for (const [first, last] of [
    [0, 0],
    [5, 37],
    [32, 63],
    [63, 200],
    [990, 999],
  ] as const) {
    for (const unit of [first, last]) {
      const places = new UsedPlaces(1000 * UNIT, UNIT);
      places.take("data", { offset: first * UNIT, size: (last - first + 1) * UNIT });
      assert.throws(
        () => {
          places.take("table", { offset: unit * UNIT + 1, size: 1 });
        },
        { code: "corrupt" },
      );
    }
  }
});

test("tables and data that are used twice are told at the end, compressed data may share a unit", () => {
  const end = (use: Use) => {
    const places = new UsedPlaces(10 * UNIT, UNIT);
    places.take(use, { offset: UNIT, size: UNIT });
    places.take(use, { offset: UNIT, size: 1 });
    return () => {
      places.check();
    };
  };
  assert.throws(end("data"), { code: "corrupt" });
  assert.throws(end("table"), { code: "corrupt" });
  end("packed")();
  assert.throws(() => end("metadata"), { code: "corrupt" });
});

test("what is behind the end of the file is left out", () => {
  const places = new UsedPlaces(10 * UNIT, UNIT);
  places.take("data", { offset: 2 ** 60, size: 2 ** 60 });
  places.take("table", { offset: 2 ** 60, size: 2 ** 60 });
  places.check();
});
