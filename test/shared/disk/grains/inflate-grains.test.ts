import assert from "node:assert/strict";
import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { execa } from "execa";
import { inflateGrains } from "../../../../functions/shared/disk/grains/inflate-grains.ts";
import { openImage } from "../../../../functions/shared/disk/image-file.ts";
import { layOut, sampleNamed } from "../../../fixtures/samples/samples.ts";
import { randomFrom, type Random } from "../../../fuzz/random.ts";
import { Bench, patience } from "./conversions.ts";
import { streamVmdk, type StreamGrain } from "./stream-vmdk.ts";

const MIB = 2 ** 20;
const SECTOR = 512;
const THREADS = [0, 1, 2, 3];

/** Those whose disk is a stream-optimized VMDK in one piece. */
const STREAMS = [
  "good/plain.vmdk",
  "good/odd-capacity.vmdk",
  "good/zero-gte.vmdk",
  "good/base256-size.ova",
  "good/dot-slash-dirs.ova",
  "good/empty-second-disk.ova",
  "good/gnu-longname.ova",
  "good/no-end-blocks.ova",
  "good/odd-name.ova",
  "good/pax-longname.ova",
  "good/pax-size.ova",
];

for (const file of STREAMS) {
  test(`${file} becomes the same as by qemu-img, in threads too`, async () => {
    await using bench = await Bench.create();
    const sample = sampleNamed(file);
    await layOut(sample, bench.vmdk);
    for (const workers of [0, 2]) {
      assert.equal(await bench.inflate(workers), sample.rawSha256, `${workers} threads`);
    }
  });
}

const random = randomFrom(7);

for (const [what, disk] of Object.entries({
  "that is empty": Buffer.alloc(3 * MIB),
  "of one sector": noise(random, SECTOR),
  "that nothing can compress": noise(random, 9 * MIB),
  "whose last grain is not whole": mixed(random, 37 * MIB + 5 * SECTOR),
  "of more than one table, with holes": Buffer.concat([
    mixed(random, 2 * MIB),
    Buffer.alloc(66 * MIB),
    mixed(random, 300 * SECTOR),
  ]),
})) {
  test(`a disk ${what} becomes the same as by qemu-img, which has packed it`, async () => {
    await using bench = await Bench.create();
    await bench.make(disk);
    await sameAsQemu(bench);
  });
}

for (const grainSectors of [8, 16, 128, 2048]) {
  test(`grains of ${grainSectors} sectors in any order become the same as by qemu-img`, async () => {
    const grainBytes = grainSectors * SECTOR;
    const count = Math.min(1300, Math.ceil((12 * MIB) / grainBytes));
    const last = count - 1;
    const capacitySectors = last * grainSectors + 3;
    const indexes = shuffled(random, [...Array(count).keys()]);
    const zeroed = indexes.filter((index) => index % 7 === 3 && index !== last);
    const grains = indexes
      .filter((index) => index % 7 > 3 || index === last)
      .map((index): StreamGrain => ({
        index,
        content: content(random, index === last ? 3 * SECTOR : grainBytes),
        level: random.pick([0, 1, 9]),
      }));
    await using bench = await Bench.create();
    await bench.put(streamVmdk({ capacitySectors, grainSectors, grains, zeroed }));
    await sameAsQemu(bench);
  });
}

test("a last grain that is longer than the disk is cut, as by qemu-img", async () => {
  await using bench = await Bench.create();
  const grains = [{ index: 0, content: noise(random, 65_536) }];
  await bench.put(streamVmdk({ capacitySectors: 9, grains }));
  await sameAsQemu(bench);
  assert.equal((await stat(bench.output)).size, 9 * SECTOR);
});

test("what is zero in the disk takes no space, also within a grain", async () => {
  await using bench = await Bench.create();
  const grain = Buffer.alloc(65_536);
  grain.fill("data", 8192, 12_288);
  const grains = [...Array(64).keys()].map((index) => ({ index, content: grain }));
  await bench.put(streamVmdk({ capacitySectors: 64 * 128, grains }));
  await sameAsQemu(bench);
  const { blocks } = await stat(bench.output);
  assert.ok(blocks * SECTOR < 66 * 4096, `${blocks}`); // a block that names so many pieces may be counted
});

test("progress only grows, and ends at 100", async () => {
  await using bench = await Bench.create();
  await bench.make(mixed(random, 40 * MIB));
  const progress: number[] = [];
  await bench.inflate(3, { onProgress: (percent) => progress.push(percent) });
  assert.deepEqual(
    progress,
    progress.toSorted((a, b) => a - b),
  );
  assert.deepEqual([progress.length, progress.at(-1)], [10, 100]);
});

test("the beginning of the disk is looked at before the rest is made", async () => {
  await using bench = await Bench.create();
  await bench.make(mixed(random, 40 * MIB));
  const nested = new Error("another disk in it");
  const checkHead = async () => {
    const head = (await readFile(bench.output)).subarray(0, 65_536);
    assert.ok(head.some((byte) => byte !== 0));
    throw nested;
  };
  await assert.rejects(bench.inflate(2, { checkHead }), nested);
  assert.ok((await stat(bench.output)).blocks * SECTOR < 5 * MIB);
});

test("an abort ends all threads at once", async () => {
  await using bench = await Bench.create();
  const content = Buffer.alloc(65_536, "text ");
  const grains = [...Array(4096).keys()].map((index) => ({ index, content }));
  await bench.put(streamVmdk({ capacitySectors: 4096 * 128, grains }));
  const lost = new AbortController();
  const onProgress = (percent: number) => {
    if (percent > 2) {
      lost.abort(new Error("lease lost")); // by a thread: the first of 64 slices is made here
    }
  };
  await assert.rejects(bench.inflate(3, { onProgress }, lost.signal), { message: "lease lost" });
  const { blocks } = await stat(bench.output);
  assert.ok(blocks * SECTOR < 256 * MIB);
  await assert.rejects(bench.inflate(3, {}, lost.signal), { message: "lease lost" });
});

test("what takes too long is given up", async () => {
  await using bench = await Bench.create();
  await bench.make(mixed(random, 16 * MIB));
  for (const workers of THREADS) {
    await assert.rejects(bench.inflate(workers, { timeoutSeconds: 0.001 }), {
      name: "GiveUp",
      code: "conversion-timeout",
    });
  }
});

test("a disk of any size takes less than 350 MiB of memory, with four threads", async () => {
  await using bench = await Bench.create();
  const content = Buffer.alloc(65_536);
  content.fill("text ", 0, 4096); // the rest is a hole: it is not about the disk
  const grains = [...Array(8192).keys()].map((index) => ({ index, content }));
  await bench.put(streamVmdk({ capacitySectors: 8192 * 128, grains }));
  const program = join(import.meta.dirname, "peak-memory.ts");
  const { stdout } = await execa("node", [program, bench.directory]);
  assert.ok(Number(stdout) > 0 && Number(stdout) < 350, `${stdout} MiB`);
});

test("a file that cannot be written is told with the system's code, also by a thread", async () => {
  await using bench = await Bench.create();
  await bench.make(Buffer.concat([Buffer.alloc(4 * MIB), noise(random, 4 * MIB)]));
  await bench.inflate(0);
  await using source = await openImage(bench.vmdk);
  await using target = await open(bench.output, "r");
  const conversion = await bench.conversion(source, target, {});
  const truncated = Object.assign(target, { truncate: async () => Promise.resolve() });
  for (const workers of THREADS) {
    await assert.rejects(inflateGrains({ ...conversion, target: truncated, workers }, patience()), {
      code: "EBADF",
    });
  }
});

async function sameAsQemu(bench: Bench): Promise<void> {
  const reference = await bench.reference();
  for (const workers of THREADS) {
    assert.equal(await bench.inflate(workers), reference, `${workers} threads`);
  }
}

function noise(random: Random, bytes: number): Buffer {
  const words = new Uint32Array(Math.ceil(bytes / 4));
  for (let at = 0; at < words.length; at += 1) {
    words[at] = random.below(2 ** 32);
  }
  return Buffer.from(words.buffer, 0, bytes);
}

/** Text, noise and zeros, in pieces that end anywhere. */
function mixed(random: Random, bytes: number): Buffer {
  const disk = Buffer.alloc(bytes);
  for (let at = 0; at < bytes;) {
    const piece = content(random, Math.min(bytes - at, 1 + random.below(200_000)));
    piece.copy(disk, at);
    at += piece.length;
  }
  return disk;
}

function content(random: Random, bytes: number): Buffer {
  const kind = random.below(3);
  return kind === 0
    ? Buffer.alloc(bytes)
    : kind === 1
      ? Buffer.alloc(bytes, `text ${random.below(1000)} `)
      : noise(random, bytes);
}

function shuffled(random: Random, values: readonly number[]): readonly number[] {
  return values
    .map((value) => ({ value, key: random.below(2 ** 32) }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ value }) => value);
}
