import { crc32 } from "node:zlib";
import type { Reader } from "./reader.ts";

/** A file system, or what stands in the place of one, by the name that people know it by. */
export type Volume = string;

/**
 * The file systems and volumes that begin where a disk or partition begins. Short magic numbers count only together with the
 * numbers beside them.
 */
export async function volumesOf(reader: Reader): Promise<readonly Volume[]> {
  const head = await reader.read(0, HEAD_BYTES);
  const found = VOLUMES.filter(({ at, magic, check }) =>
    [at].flat().some(
      (place) =>
        head.subarray(place, place + magic.length).equals(magic) &&
        // What a check reads lies in this part; a head that ends before has no such volume.
        (check === undefined || (head.length >= place + CHECKED_BYTES && check(head, place))),
    ),
  ).map(({ name }) => name);
  return found.length === 0 && (await isZfs(reader)) ? ["ZFS"] : found;
}

/** The first label of a pool has its uberblocks, 1 KiB and more apart, in the second half of its 256 KiB. */
async function isZfs(reader: Reader): Promise<boolean> {
  const LABEL_HALF_BYTES = 128 * 1024;
  const UBERBLOCK_BYTES = 1024;
  const MAGIC = 0x00bab10c;
  if (reader.size < 2 * LABEL_HALF_BYTES) {
    return false;
  }
  const uberblocks = await reader.read(LABEL_HALF_BYTES, LABEL_HALF_BYTES);
  for (let at = 0; at + UBERBLOCK_BYTES <= uberblocks.length; at += UBERBLOCK_BYTES) {
    const isLittle = uberblocks.readUInt32LE(at) === MAGIC && uberblocks.readUInt32LE(at + 4) === 0;
    const isBig = uberblocks.readUInt32BE(at) === 0 && uberblocks.readUInt32BE(at + 4) === MAGIC;
    if (isLittle || isBig) {
      return true;
    }
  }
  return false;
}

// The superblocks of btrfs, ReiserFS, GFS2 and UFS2 lie behind 64 KiB.
const HEAD_BYTES = 65_536 + 4096;
const CHECKED_BYTES = 512;
const SECTOR = 512;

interface Known {
  readonly name: Volume;
  readonly at: number | readonly number[];
  readonly magic: Buffer;
  /** What else must hold, with the place of the magic number. */
  readonly check?: (head: Buffer, at: number) => boolean;
}

/*
 * Places and numbers are those of the programs that read them: util-linux (libblkid/src/superblocks) for all of them, the
 * headers of the Linux kernel for ext, XFS, squashfs and FAT, Apple's TN1150 and APFS reference for theirs.
 */
const VOLUMES: readonly Known[] = [
  volume("ext2/3/4", 1024 + 0x38, "\x53\xEF", isExt),
  volume("XFS", 0, "XFSB", (head) => isPowerOfTwo(head.readUInt32BE(4), 512, 65_536)),
  volume("btrfs", 65_536 + 64, "_BHRfS_M"),
  volume("bcachefs", 4096 + 24, "\xC6\x85\x73\xF6\x4E\x1A\x45\xCA\x82\x65\xF5\x7F\x48\xBA\x6D\x81"),
  volume("FAT", 0, "\xEB", isFat),
  volume("FAT", 0, "\xE9", isFat),
  volume("NTFS", 3, "NTFS    "),
  volume("BitLocker", 3, "-FVE-FS-"),
  volume("LUKS", 0, "LUKS\xBA\xBE"),
  volume("exFAT", 3, "EXFAT   "),
  volume("ReFS", 3, "ReFS\0\0\0\0"),
  volume("squashfs", 0, "hsqs", isSquashfs),
  volume("EROFS", 1024, "\xE2\xE1\xF5\xE0"),
  volume("F2FS", 1024, "\x10\x20\xF5\xF2"),
  volume("NILFS2", 1024 + 6, "\x34\x34", (head, at) => head.readUInt32LE(at - 6) === 2),
  volume("JFS", 32_768, "JFS1"),
  volume("ReiserFS", [65_536 + 52, 8192 + 52], "ReIsEr"),
  volume("OCFS2", [1024, 2048, 4096, 8192], "OCFSV2"),
  volume("GFS2", 65_536, "\x01\x16\x19\x70\x00\x00\x00\x01"),
  volume("cramfs", 0, "\x45\x3D\xCD\x28"),
  volume("HFS+", 1024, "H+\x00\x04"),
  volume("HFS+", 1024, "HX\x00\x05"),
  volume("APFS", 32, "NXSB"),
  volume("UFS1", 8192 + 1372, "\x54\x19\x01\x00"),
  volume("UFS2", 65_536 + 1372, "\x19\x01\x54\x19"),
  volume(
    "swap",
    [4096, 8192, 16_384, 65_536].map((page) => page - 10),
    "SWAPSPACE2",
  ),
  volume(
    "LVM",
    [0, 1, 2, 3].map((sector) => sector * SECTOR),
    "LABELONE",
    isLvm,
  ),
  volume("Linux RAID", [0, 4096], "\xFC\x4E\x2B\xA9\x01\x00\x00\x00"),
  volume("bcache", 4096 + 24, "\xC6\x85\x73\xF6\x4E\x1A\x45\xCA\x82\x65\xF5\x7F\x48\xBA\x6D\x82"),
  // Tables of partitions, too, but nothing is asked of what they say.
  volume("BSD disklabel", [0, SECTOR], "\x57\x45\x56\x82", isDisklabel),
  volume("Apple partition map", SECTOR, "PM\0\0\0\0\0"),
];

function volume(
  name: Volume,
  at: Known["at"],
  magic: string,
  check?: NonNullable<Known["check"]>,
): Known {
  const known = { name, at, magic: Buffer.from(magic, "latin1") };
  return check === undefined ? known : { ...known, check };
}

function isPowerOfTwo(value: number, least: number, most: number): boolean {
  return value >= least && value <= most && Number.isInteger(Math.log2(value));
}

function isExt(head: Buffer): boolean {
  const superblock = head.subarray(1024);
  const MAX_LOG_BLOCK = 6; // 64 KiB
  return (
    superblock.readUInt32LE(0) > 0 && // inodes
    superblock.readUInt32LE(4) > 0 && // blocks
    superblock.readUInt32LE(24) <= MAX_LOG_BLOCK &&
    superblock.readUInt32LE(32) > 0 && // blocks in a group
    superblock.readUInt32LE(0x4c) <= 1 // revision
  );
}

function isFat(head: Buffer): boolean {
  const fats = head.readUInt8(16);
  const media = head.readUInt8(21);
  const sectors = head.readUInt16LE(19) || head.readUInt32LE(32);
  return (
    isPowerOfTwo(head.readUInt16LE(11), 512, 4096) &&
    isPowerOfTwo(head.readUInt8(13), 1, 128) &&
    head.readUInt16LE(14) > 0 && // sectors before the tables
    (fats === 1 || fats === 2) &&
    (media === 0xf0 || media >= 0xf8) &&
    sectors > 0
  );
}

function isSquashfs(head: Buffer): boolean {
  return head.readUInt16LE(28) === 4 && head.readUInt32LE(12) === 2 ** head.readUInt16LE(22);
}

/** lvm2's label: the type, and a checksum of the rest of its sector with a start value of its own (lib/misc/crc.h). */
function isLvm(head: Buffer, at: number): boolean {
  const START = 0xf597a6cf;
  const label = head.subarray(at, at + SECTOR);
  // zlib's crc32 inverts what it is given and what it gives; lvm2 does not.
  const sum = (crc32(label.subarray(20), ~START >>> 0) ^ 0xffffffff) >>> 0;
  return label.toString("latin1", 24, 32) === "LVM2 001" && sum === label.readUInt32LE(16);
}

/** The magic number stands twice. */
function isDisklabel(head: Buffer, at: number): boolean {
  const SECOND_AT = 132;
  return head.readUInt32LE(at + SECOND_AT) === head.readUInt32LE(at);
}
