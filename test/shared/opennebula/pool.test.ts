import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseImage } from "../../../functions/shared/opennebula/image.ts";
import type { Image } from "../../../functions/shared/opennebula/opennebula.ts";
import { readPool } from "../../../functions/shared/opennebula/pool.ts";
import { documentOf } from "./recordings.ts";

const template = parseImage(documentOf("image_info_ready"));
const image = (id: number, name = "x"): Image => ({ ...template, id, name });
const ids = (images: readonly Image[]): number[] => images.map(({ id }) => id);

/** A pool that changes after each page, as `changes` says. */
function changingPool(
  start: readonly number[],
  changes: ((pool: number[]) => number[])[],
  order: "DESC" | "ASC" = "DESC",
) {
  let pool = [...start];
  const reads: string[] = [];
  return {
    reads,
    readPage: async (offset: number, count: number): Promise<readonly Image[]> => {
      reads.push(`${offset}+${count}`);
      const sorted = pool.toSorted((a, b) => (order === "DESC" ? b - a : a - b));
      const page = sorted.slice(offset, offset + count).map((id) => image(id));
      pool = changes.shift()?.(pool) ?? pool;
      return page;
    },
  };
}

test("a small pool is one call", async () => {
  const { readPage, reads } = changingPool([1, 2, 3], []);
  assert.deepEqual(ids(await readPool(readPage)), [3, 2, 1]);
  assert.deepEqual(reads, ["0+1000"]);
});

test("an empty pool is empty", async () => {
  assert.deepEqual(await readPool(changingPool([], []).readPage), []);
});

test("a pool of several pages is read once each, overlapping by one", async () => {
  const { readPage, reads } = changingPool([1, 2, 3, 4, 5, 6, 7, 8, 9], []);
  assert.deepEqual(ids(await readPool(readPage, 4)), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
  assert.deepEqual(reads, ["0+4", "3+4", "6+4"]);
});

test("an image is not missed when others are deleted between two pages", async () => {
  const without =
    (...gone: number[]) =>
    (pool: number[]) =>
      pool.filter((id) => !gone.includes(id));
  const { readPage } = changingPool([1, 2, 3, 4, 5, 6, 7, 8, 9], [without(9, 8, 7)]);
  assert.deepEqual(
    ids(await readPool(readPage, 4)).filter((id) => id < 7),
    [6, 5, 4, 3, 2, 1],
  );
});

test("the later reading of an image counts", async () => {
  let read = 0;
  const readPage = async (offset: number, count: number): Promise<readonly Image[]> => {
    read += 1;
    return [3, 2, 1].map((id) => image(id, `read ${read}`)).slice(offset, offset + count);
  };
  const images = await readPool(readPage, 2);
  assert.deepEqual(
    images.map(({ id, name }) => `${id} ${name}`),
    ["3 read 1", "2 read 2", "1 read 3"],
  );
});

test("whatever is made and deleted meanwhile, images that stay are returned once, newest first", async () => {
  const change = fc.record({ add: fc.nat(5), remove: fc.array(fc.nat(60), { maxLength: 12 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.nat(60),
      fc.integer({ min: 2, max: 7 }),
      fc.array(change, { maxLength: 12 }),
      fc.constantFrom<("DESC" | "ASC")[]>("DESC", "ASC"),
      async (size, pageSize, script, order) => {
        const start = Array.from({ length: size }, (_, id) => id);
        const removed = new Set(script.flatMap(({ remove }) => remove));
        let next = 1000;
        const changes = script.map(({ add, remove }) => (pool: number[]) => [
          ...pool.filter((id) => !remove.includes(id)),
          ...Array.from({ length: add }, () => (next += 1)),
        ]);
        const found = ids(await readPool(changingPool(start, changes, order).readPage, pageSize));
        assert.equal(new Set(found).size, found.length);
        assert.deepEqual(
          found,
          found.toSorted((a, b) => b - a),
        );
        assert.deepEqual(
          found.filter((id) => id < 1000 && !removed.has(id)),
          start.filter((id) => !removed.has(id)).toReversed(),
        );
      },
    ),
    { numRuns: 1000 },
  );
});

test("a pool without end is given up", async () => {
  let id = 0;
  const endless = async (_: number, count: number): Promise<readonly Image[]> =>
    Array.from({ length: count }, () => image((id += 1)));
  await assert.rejects(readPool(endless, 3), /does not end/);
});
