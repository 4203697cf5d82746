import assert from "node:assert/strict";
import { test } from "node:test";
import { diskEvidence } from "../../../functions/shared/disk/disk-evidence.ts";
import type { Rules } from "../../../functions/shared/disk/finding.ts";
import { inspectContent } from "../../../functions/shared/disk/inspect-image.ts";
import type { Reader } from "../../../functions/shared/disk/reader.ts";
import { madeDisks, sparseReader } from "../../fixtures/disks/disks.ts";
import { bootSector, type Entry } from "./boot-sector.ts";
import { readerOf } from "./bytes.ts";

const MBR = "partition table (MBR)";
const GPT = "partition table (GPT)";
const EVIDENCE: Readonly<Record<string, string>> = {
  ext2: "ext2/3/4",
  ext3: "ext2/3/4",
  ext4: "ext2/3/4",
  xfs: "XFS",
  btrfs: "btrfs",
  fat12: "FAT",
  fat16: "FAT",
  fat32: "FAT",
  exfat: "exFAT",
  ntfs: "NTFS",
  squashfs: "squashfs",
  erofs: "EROFS",
  f2fs: "F2FS",
  nilfs2: "NILFS2",
  jfs: "JFS",
  reiserfs: "ReiserFS",
  swap: "swap",
  lvm: "LVM",
  mbr: MBR,
  "mbr-63": MBR,
  "mbr-extended": MBR,
  gpt: GPT,
  "gpt-hybrid-mbr": GPT,
  "luks-in-partition": MBR,
};
const DISK_BYTES = 64 * 2 ** 20;

test("what real tools make is taken as raw, and recognised", async () => {
  const disks = madeDisks.filter(({ name }) => !name.startsWith("cd-"));
  assert.deepEqual(disks.map(({ name }) => name).sort(), Object.keys(EVIDENCE).sort());
  for (const disk of disks) {
    const finding = await inspect(sparseReader(disk));
    assert.deepEqual(finding.evidence, [EVIDENCE[disk.name]], disk.name);
    assert.deepEqual(finding.warnings, [], disk.name);
  }
});

test("a disk that begins with text is a disk, when there is more to it", async () => {
  const ext4 = madeDisks.find(({ name }) => name === "ext4");
  assert.ok(ext4);
  const head = Buffer.from(ext4.head);
  head.fill("my boot block ", 0, 1024);
  assert.deepEqual((await inspect(sparseReader({ ...ext4, head }))).evidence, ["ext2/3/4"]);
});

test("a boot sector without partitions is some evidence, one without code is none", async () => {
  assert.deepEqual(await evidenceOf(bootSector("\xFA\xEB\xFE")), ["boot sector"]);
  assert.deepEqual(await evidenceOf(bootSector("")), []);
});

test("a partition table that contradicts itself or the disk is none", async () => {
  const first = { start: 2048, sectors: 20_000 };
  const isTable = async (...entries: readonly Entry[]) =>
    (await evidenceOf(bootSector("", ...entries))).includes(MBR);
  assert.ok(await isTable({ ...first, flag: 0x80 }, { start: 30_000, sectors: 1000 }));
  assert.ok(await isTable({ start: 0, sectors: 100_000 }, first), "as hybrid CDs have it");
  assert.ok(
    await isTable({ start: 2048, sectors: 130_000 }),
    "up to a cylinder more than there is",
  );
  assert.ok(!(await isTable({ ...first, flag: 0x12 })));
  assert.ok(!(await isTable({ start: 2048, sectors: 0 })));
  assert.ok(!(await isTable({ start: 1_000_000, sectors: 1000 })));
  assert.ok(!(await isTable({ start: 2048, sectors: 1_000_000 })));
  assert.ok(!(await isTable(first, { start: 10_000, sectors: 20_000 })));
});

test("a GPT counts with its checksums only, and its copy at the end is enough", async () => {
  const gpt = madeDisks.find(({ name }) => name === "gpt");
  assert.ok(gpt);
  const unprotected = Buffer.from(gpt.head);
  unprotected.fill(0, 0, 512);
  assert.deepEqual(await diskEvidence(sparseReader({ ...gpt, head: unprotected })), [GPT]);
  for (const at of [512 + 24, 1024 + 3]) {
    const head = Buffer.from(unprotected);
    head.writeUInt8(head.readUInt8(at) ^ 1, at);
    assert.deepEqual(await diskEvidence(sparseReader({ ...gpt, head })), []);
  }
  const disk = Buffer.alloc(gpt.head.length);
  unprotected.copy(disk, 1024, 1024); // the entries, where both headers may look for them
  unprotected.copy(disk, disk.length - 512, 512, 1024);
  assert.deepEqual(await diskEvidence(readerOf(disk)), [GPT]);
});

test("a pool of ZFS is told by its uberblocks", async () => {
  const disk = Buffer.alloc(300_000);
  disk.writeUInt32LE(0x00bab10c, 131_072 + 8192);
  assert.deepEqual(await diskEvidence(readerOf(disk)), ["ZFS"]);
});

test("an image in which nothing is found is taken with a warning, or refused where the site wants it", async () => {
  const nothing = readerOf(Buffer.alloc(100_000));
  const finding = await inspect(nothing);
  assert.deepEqual(finding.evidence, []);
  assert.deepEqual(
    finding.warnings.map(({ code }) => code),
    ["unrecognised"],
  );
  assert.equal((await inspect(nothing, { unrecognised: "register" })).warnings.length, 1);
  await assert.rejects(inspect(nothing, { unrecognised: "refuse" }), { code: "unrecognised" });
});

test("of a disk of 10 GiB, less than a MiB is read", async () => {
  let bytes = 0;
  const nothing = sparseReader({ head: Buffer.alloc(0), sizeBytes: 10 * 2 ** 30 });
  await inspect({
    ...nothing,
    read: async (offset, length) => {
      bytes += length;
      return nothing.read(offset, length);
    },
  });
  assert.ok(bytes < 2 ** 20, `${bytes} bytes`);
});

async function evidenceOf(head: Buffer): Promise<readonly string[]> {
  return diskEvidence(sparseReader({ head, sizeBytes: DISK_BYTES }));
}

async function inspect(reader: Reader, rules: Partial<Rules> = {}) {
  const finding = await inspectContent(
    { reader, allocatedBytes: 0 },
    { claim: "raw", maxVirtualSizeBytes: 2 ** 40, ...rules },
    AbortSignal.timeout(10_000),
  );
  assert.ok(finding.packing === undefined);
  return finding;
}
