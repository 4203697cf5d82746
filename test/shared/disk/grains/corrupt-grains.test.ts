import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { Bench } from "./conversions.ts";
import { MARKER_BYTES, streamVmdk, type StreamGrain } from "./stream-vmdk.ts";

const GRAIN_BYTES = 65_536;
const GRAINS = 192; // three slices
const DAMAGED = 133;

/** What can be wrong with a grain, and whether qemu-img sees it. */
const DAMAGES: Readonly<
  Record<
    string,
    Partial<StreamGrain> & { readonly qemuTakesIt?: true; readonly code?: "expansion" }
  >
> = {
  "with a changed byte": {
    damage: (grain) => grain.fill(0x55, MARKER_BYTES + 9, MARKER_BYTES + 10),
  },
  "with another checksum": { damage: (grain) => grain.fill(1, grain.length - 4) },
  "that is no zlib stream": { damage: (grain) => grain.fill(0xee, MARKER_BYTES) },
  "that is cut off": {
    damage: (grain) => changed(grain, (bytes) => bytes.writeUInt32LE(grain.length - 20, 8)),
  },
  "of no bytes": { damage: (grain) => changed(grain, (bytes) => bytes.writeUInt32LE(0, 8)) },
  "of more than two grains": {
    damage: (grain) => changed(grain, (bytes) => bytes.writeUInt32LE(2 * GRAIN_BYTES + 1, 8)),
  },
  "of 4 GiB": { damage: (grain) => changed(grain, (bytes) => bytes.writeUInt32LE(2 ** 32 - 1, 8)) },
  "that inflates to too much": {
    content: Buffer.alloc(GRAIN_BYTES + 1, "more"),
    code: "expansion",
  },
  "that is a bomb": { content: Buffer.alloc(100 * GRAIN_BYTES), code: "expansion" },
  "that inflates to too little": { content: Buffer.alloc(GRAIN_BYTES - 512, "less") },
  "that inflates to nothing": { content: Buffer.alloc(0) },
  "that wants a dictionary": {
    damage: (grain) => {
      const dictionary = Buffer.from("dictionary");
      const packed = deflateSync(Buffer.alloc(GRAIN_BYTES, "text"), { dictionary });
      const marker = Buffer.from(grain.subarray(0, MARKER_BYTES));
      marker.writeUInt32LE(packed.length, 8);
      return Buffer.concat([marker, packed]);
    },
  },
  "that says that it is another one": {
    damage: (grain) => changed(grain, (bytes) => bytes.writeUInt32LE(128, 0)),
    qemuTakesIt: true,
  },
};

for (const [what, { qemuTakesIt, code = "corrupt", ...damage }] of Object.entries(DAMAGES)) {
  test(`a grain ${what} ends as ${code}, whichever thread meets it`, async () => {
    await using bench = await Bench.create();
    await bench.put(diskWith(damage));
    for (const workers of [0, 2]) {
      await assert.rejects(bench.inflate(workers), { name: "GiveUp", code });
    }
    if (qemuTakesIt === undefined) {
      await assert.rejects(bench.reference(), /error while reading/);
    } else {
      await bench.reference();
    }
  });
}

test("a corrupt grain ends all threads", async () => {
  await using bench = await Bench.create();
  const grains = [...Array(4000).keys()].map((index) => ({
    index,
    content: index === 70 ? Buffer.alloc(1) : TEXT,
  }));
  await bench.put(streamVmdk({ capacitySectors: 4000 * 128, grains }));
  let percent = 0;
  const onProgress = (now: number) => (percent = now);
  await assert.rejects(bench.inflate(3, { onProgress }), { code: "corrupt" });
  assert.ok(percent < 100);
  const { blocks } = await stat(bench.output);
  assert.ok(blocks * 512 < 4000 * GRAIN_BYTES);
});

const TEXT = Buffer.alloc(GRAIN_BYTES, "text of a grain ");

function diskWith(damage: Partial<StreamGrain>): Buffer {
  const grains = [...Array(GRAINS).keys()].map((index) =>
    index === DAMAGED ? { index, content: TEXT, ...damage } : { index, content: TEXT },
  );
  return streamVmdk({ capacitySectors: GRAINS * 128, grains });
}

function changed(grain: Buffer, change: (bytes: Buffer) => void): Buffer {
  change(grain);
  return grain;
}
