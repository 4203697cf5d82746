import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { IDENTIFIER } from "../../../functions/job/identifier.ts";
import { parseImage } from "../../../functions/shared/opennebula/image.ts";
import type { Image } from "../../../functions/shared/opennebula/opennebula.ts";
import { PoolIndex } from "../../../functions/shared/opennebula/pool-index.ts";
import { documentOf } from "./recordings.ts";

const template = parseImage(documentOf("image_info_ready"));
const { signal } = new AbortController();
const MINUTE_MS = 60_000;

/** An image of identifier `U` unless told otherwise. */
function image(id: number, name: string, identifier: string | undefined = "U"): Image {
  const attributes = new Map(identifier === undefined ? [] : [[IDENTIFIER, identifier]]);
  return { ...template, id, name, attributes };
}

/** A pool that counts how it is read, with `others` images of other identifiers in it. */
function poolWith(others: number, ...own: readonly Image[]) {
  const images = new Map<number, Image>();
  for (let id = 0; id < others; id++) {
    images.set(id, image(id, `other ${id}`, `other ${id}`));
  }
  for (const one of own) {
    images.set(one.id, one);
  }
  const newestFirst = () => [...images.values()].sort((a, b) => b.id - a.id);
  const reads: string[] = [];
  let time = 0;
  let answering: Promise<void> = Promise.resolve();
  const index = new PoolIndex({
    all: async () => {
      reads.push("all");
      const answer = newestFirst();
      await answering;
      return answer;
    },
    newerThan: async (id) => {
      reads.push(`> ${id}`);
      return newestFirst().filter((one) => one.id > id);
    },
    image: async (id) => {
      reads.push(`${id}`);
      return images.get(id);
    },
    now: () => time,
  });
  return {
    images,
    index,
    reads,
    pass: (milliseconds: number) => (time += milliseconds),
    /** Readings of the whole pool answer when the returned function is called, with what they saw when they were asked. */
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      answering = promise;
      return resolve;
    },
    find: async () => (await index.imagesOf("U", signal)).map(({ id, name }) => `${id} ${name}`),
  };
}

describe("the images of one identifier", () => {
  it("are found by one call in a small pool", async () => {
    const pool = poolWith(10, image(100, "U"), image(101, "U_old"), image(102, "V", "V"));
    assert.deepEqual(await pool.find(), ["101 U_old", "100 U"]);
    assert.deepEqual(await pool.find(), ["101 U_old", "100 U"]);
    assert.deepEqual(pool.reads, ["all", "all"]);
  });

  it("are found in a large pool without reading it again", async () => {
    const pool = poolWith(1000, image(5000, "U"), image(5001, "U_old"));
    await pool.find();
    assert.deepEqual(await pool.find(), ["5001 U_old", "5000 U"]);
    assert.deepEqual(pool.reads, ["all", "> 5001", "5001", "5000"]);
  });

  it("are told as they are now", async () => {
    const pool = poolWith(1000, image(5000, "U"), image(5001, "U.pending"));
    await pool.find();
    pool.images.set(5000, image(5000, "U_old"));
    pool.images.set(5001, image(5001, "U"));
    pool.images.set(5002, image(5002, "U.pending"));
    assert.deepEqual(await pool.find(), ["5002 U.pending", "5001 U", "5000 U_old"]);
    pool.images.delete(5000);
    assert.deepEqual(await pool.find(), ["5002 U.pending", "5001 U"]);
  });

  it("include a foreign image that has the NAME", async () => {
    const pool = poolWith(1000, image(5000, "U", undefined));
    await pool.find();
    assert.deepEqual(await pool.find(), ["5000 U"]);
  });

  it("are those of the whole pool after a minute, whatever was done to it by hand", async () => {
    const pool = poolWith(1000);
    await pool.find();
    pool.images.set(7, image(7, "U", undefined));
    pool.pass(MINUTE_MS);
    assert.deepEqual(await pool.find(), ["7 U"]);
  });

  it("are not missed when they are made while somebody else reads the whole pool", async () => {
    const pool = poolWith(1000);
    await pool.find();
    pool.pass(MINUTE_MS);
    const answer = pool.hold();
    const reading = pool.find();
    pool.images.set(5000, image(5000, "U"));
    assert.deepEqual(await pool.find(), ["5000 U"], "the old index serves meanwhile");
    answer();
    await reading;
    assert.deepEqual(
      await pool.find(),
      ["5000 U"],
      "the reading that did not see it hides nothing",
    );
    assert.equal(pool.reads.filter((read) => read === "all").length, 2);
  });

  it("are asked for anew when the pool could not be read", async () => {
    let fails = false;
    let time = 0;
    let reads = 0;
    const index = new PoolIndex({
      all: async () => {
        reads++;
        if (fails) {
          throw new Error("away");
        }
        return [...poolWith(100).images.values()];
      },
      newerThan: async () => [],
      image: async () => undefined,
      now: () => time,
    });
    await index.imagesOf("U", signal);
    time = MINUTE_MS;
    fails = true;
    await assert.rejects(index.imagesOf("U", signal), /away/);
    fails = false;
    await index.imagesOf("U", signal);
    assert.equal(reads, 3);
  });

  it("are read with the pool when there are very many versions", async () => {
    const versions = Array.from({ length: 40 }, (_, i) => image(5000 + i, `U_${i}`));
    const pool = poolWith(1000, ...versions);
    await pool.find();
    assert.equal((await pool.find()).length, 40);
    assert.deepEqual(pool.reads, ["all", "> 5039", "all"]);
  });

  it("are complete whatever is made, changed and deleted between two questions", async () => {
    const change = fc.record({
      kind: fc.constantFrom("make", "rename", "delete", "pass"),
      which: fc.nat(20),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 40 }), async (changes) => {
        const pool = poolWith(60, image(100, "U"));
        let next = 101;
        for (const { kind, which } of changes) {
          const own = [...pool.images.values()].filter(
            (one) => one.attributes.get(IDENTIFIER) === "U",
          );
          const one = own[which % Math.max(own.length, 1)];
          if (kind === "make") {
            pool.images.set(next, image(next, `U_${next}`));
            next++;
          } else if (kind === "pass") {
            pool.pass(which * 10_000);
          } else if (one !== undefined && kind === "delete") {
            pool.images.delete(one.id);
          } else if (one !== undefined) {
            pool.images.set(one.id, { ...one, name: `U renamed ${which}` });
          }
          const wanted = [...pool.images.values()]
            .filter((image) => image.attributes.get(IDENTIFIER) === "U")
            .sort((a, b) => b.id - a.id)
            .map(({ id, name }) => `${id} ${name}`);
          assert.deepEqual(await pool.find(), wanted);
        }
      }),
      { numRuns: 200 },
    );
  });
});
