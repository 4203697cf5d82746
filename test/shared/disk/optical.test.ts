import assert from "node:assert/strict";
import { test } from "node:test";
import { detect } from "../../../functions/shared/disk/detect.ts";
import { isOptical } from "../../../functions/shared/disk/optical.ts";
import { madeDisks, sparseReader } from "../../fixtures/disks/disks.ts";
import { archive, member } from "./archives.ts";
import { bootSector, type Entry } from "./boot-sector.ts";
import { readerOf } from "./bytes.ts";
import { descriptors, DESCRIPTORS_AT } from "./compact-disc.ts";

const CD_BLOCKS = 200; // 800 sectors

for (const disk of madeDisks) {
  const isCd = disk.name.startsWith("cd-");
  test(`${disk.name}, as real tools make it, is ${isCd ? "" : "not "}a CD`, async () => {
    assert.equal(await isOptical(sparseReader(disk)), isCd);
  });
}

test("numbers that differ in the two byte orders, or a root that is elsewhere, make no CD", async () => {
  assert.equal(await isOptical(readerOf(cd())), true);
  const ROOT = 156;
  for (const at of [6, 80, 84, 128, 130, 132, ROOT, ROOT + 2, ROOT + 6, ROOT + 25, ROOT + 33]) {
    const disk = cd();
    disk.writeUInt8(disk.readUInt8(DESCRIPTORS_AT + at) ^ 3, DESCRIPTORS_AT + at);
    assert.equal(await isOptical(readerOf(disk)), false, `byte ${at}`);
  }
  const moved = cd();
  moved.fill(0, DESCRIPTORS_AT + 4096); // the root directory
  assert.equal(await isOptical(readerOf(moved)), false);
});

test("the word CD001 alone makes no CD", async () => {
  const disk = Buffer.alloc(100_000);
  disk.write("\x01CD001\x01", DESCRIPTORS_AT, "latin1");
  assert.equal(await isOptical(readerOf(disk)), false);
});

test("descriptors of UDF alone make a CD", async () => {
  const disk = Buffer.alloc(100_000);
  disk.write("\0BEA01\x01", DESCRIPTORS_AT, "latin1");
  assert.equal(await isOptical(readerOf(disk)), false);
  disk.write("\0NSR03\x01", DESCRIPTORS_AT + 2048, "latin1");
  assert.equal(await isOptical(readerOf(disk)), true);
});

test("Bug: a disk was refused as a CD. Fix: what a file system or a partition owns is no CD", async () => {
  for (const name of ["xfs", "ext4", "btrfs", "ntfs", "lvm"]) {
    const disk = madeDisks.find((made) => made.name === name);
    assert.ok(disk);
    const head = Buffer.from(disk.head);
    descriptors().copy(head, DESCRIPTORS_AT);
    assert.equal(await isOptical(sparseReader({ ...disk, head })), false, name);
  }
  assert.equal(await isUnder({ start: 63, sectors: 100_000 }), false, "inside of a partition");
  assert.equal(await isUnder({ start: 400, sectors: 100_000 }), false, "half in a partition");
  assert.equal(
    await isUnder({ start: 2048, sectors: 100_000 }),
    false,
    "in front of all partitions",
  );
});

test("a hybrid CD stays a CD: its partitions know it", async () => {
  assert.equal(await isUnder({ start: 0, sectors: 800 }), true);
  assert.equal(await isUnder({ start: 64, sectors: 736 }), true);
  assert.equal(await isUnder({ start: 1, sectors: 799, type: 0xcd }), true);
  assert.equal(await isUnder({ start: 400, sectors: 200, type: 0xef }), true);
  assert.equal(await isUnder({ start: 0, sectors: 800 }, { start: 2048, sectors: 4096 }), true);
});

test("a large CD under a partition that holds a file system is not there any more", async () => {
  const ext4 = madeDisks.find(({ name }) => name === "ext4");
  assert.ok(ext4);
  const disk = Buffer.alloc(2 ** 20 + ext4.head.length);
  bootSector("", { start: 2048, sectors: 20_000 }).copy(disk);
  descriptors(10_000).copy(disk, DESCRIPTORS_AT);
  const made = { head: disk, sizeBytes: 64 * 2 ** 20 };
  assert.equal(await isOptical(sparseReader(made)), true, "the partition may be the CD's own");
  ext4.head.copy(disk, 2 ** 20);
  assert.equal(await isOptical(sparseReader(made)), false);
});

test("Bug: an OVA with a CD in it was refused as two formats. Fix: what is inside of an archive does not count", async () => {
  const padding = Buffer.alloc(DESCRIPTORS_AT - 2 * 512);
  const tar = archive(member("x.ovf", padding), member("x.iso", descriptors()));
  assert.deepEqual(await detect(readerOf(tar)), ["tar"]);
});

function cd(...entries: readonly Entry[]): Buffer {
  const disk = Buffer.alloc(CD_BLOCKS * 2048);
  if (entries.length > 0) {
    bootSector("", ...entries).copy(disk);
  }
  descriptors(CD_BLOCKS).copy(disk, DESCRIPTORS_AT);
  return disk;
}

async function isUnder(...entries: readonly Entry[]): Promise<boolean> {
  return isOptical(sparseReader({ head: cd(...entries), sizeBytes: 64 * 2 ** 20 }));
}
