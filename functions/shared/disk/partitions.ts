import { crc32 } from "node:zlib";
import { u64le, type Range, type Reader } from "./reader.ts";

/** A partition table that a firmware or a kernel would believe; places in bytes. */
export interface PartitionTable {
  readonly kind: "MBR" | "GPT";
  /** Without those that stand for no content: the one that protects a GPT, and the one that xorriso lays around a CD. */
  readonly partitions: readonly Range[];
}

/** @returns undefined when there is none, or one that contradicts itself or the disk */
export async function readPartitionTable(reader: Reader): Promise<PartitionTable | undefined> {
  return (await readGpt(reader)) ?? readMbr(await reader.read(0, SECTOR), reader.size);
}

/** Whether a boot sector ends as firmware wants it. */
export function hasBootSignature(sector: Buffer): boolean {
  return sector.length >= SECTOR && sector.readUInt16BE(BOOT_SIGNATURE_AT) === 0x55aa;
}

const SECTOR = 512;
const BOOT_SIGNATURE_AT = 510;
const ENTRIES_AT = 446;
const ENTRY_BYTES = 16;
const ACTIVE = 0x80;
const PROTECTIVE = 0xee;
const AROUND_CD = 0xcd; // xorriso --protective-msdos-label: all of the CD but its first sector
/** Ends were rounded up to whole cylinders once, and qemu-img and others cut the disk below that. */
export const CYLINDER_BYTES = 255 * 63 * SECTOR;

function readMbr(sector: Buffer, diskBytes: number): PartitionTable | undefined {
  if (!hasBootSignature(sector)) {
    return undefined;
  }
  const entries = Array.from({ length: 4 }, (_, index) => {
    const at = ENTRIES_AT + index * ENTRY_BYTES;
    return {
      flag: sector.readUInt8(at),
      type: sector.readUInt8(at + 4),
      offset: sector.readUInt32LE(at + 8) * SECTOR,
      size: sector.readUInt32LE(at + 12) * SECTOR,
    };
  });
  const used = entries.filter(({ type }) => type !== 0);
  const isPlausible =
    used.length > 0 &&
    entries.every(({ flag }) => flag === 0 || flag === ACTIVE) &&
    used.every(({ size }) => size > 0) &&
    used.every(({ type, offset, size }) =>
      type === PROTECTIVE // it may claim all that 32 bits can say
        ? offset > 0
        : offset < diskBytes && offset + size <= diskBytes + CYLINDER_BYTES,
    ) &&
    !used.some((one, index) => used.slice(index + 1).some((other) => collide(one, other)));
  if (!isPlausible) {
    return undefined;
  }
  const partitions = used
    .filter(({ type }) => type !== PROTECTIVE && type !== AROUND_CD)
    .map(({ offset, size }) => ({ offset, size }));
  return { kind: "MBR", partitions };
}

/** Partitions of a hybrid CD lie in each other; no two cross, and none begins as another does. */
function collide(one: Range, other: Range): boolean {
  const [first, second] = one.offset <= other.offset ? [one, other] : [other, one];
  const firstEnd = first.offset + first.size;
  return (
    first.offset === second.offset ||
    (second.offset < firstEnd && second.offset + second.size > firstEnd)
  );
}

const HEADER_BYTES = 92; // of version 1.0; a later one may be longer
const HEADER_CRC_AT = 16;
const MAX_ENTRIES_BYTES = 2 ** 20; // 128 entries of 128 bytes, mostly

/** UEFI specification, section 5.3: a header at the second sector, whatever its size is, and a copy in the last one. */
async function readGpt(reader: Reader): Promise<PartitionTable | undefined> {
  const places = [
    { at: 512, sectorBytes: 512 },
    { at: 4096, sectorBytes: 4096 },
    { at: reader.size - 512, sectorBytes: 512 },
  ];
  for (const { at, sectorBytes } of places) {
    const partitions =
      at > 0 && at < reader.size
        ? await readGptAt(reader, await reader.read(at, SECTOR), sectorBytes)
        : undefined;
    if (partitions !== undefined) {
      return { kind: "GPT", partitions };
    }
  }
  return undefined;
}

async function readGptAt(
  reader: Reader,
  header: Buffer,
  sectorBytes: number,
): Promise<readonly Range[] | undefined> {
  if (header.length < SECTOR || header.toString("latin1", 0, 8) !== "EFI PART") {
    return undefined;
  }
  const headerBytes = header.readUInt32LE(12);
  if (headerBytes < HEADER_BYTES || headerBytes > SECTOR) {
    return undefined;
  }
  const zeroed = Buffer.from(header.subarray(0, headerBytes));
  zeroed.writeUInt32LE(0, HEADER_CRC_AT);
  if (crc32(zeroed) !== header.readUInt32LE(HEADER_CRC_AT)) {
    return undefined;
  }
  const entriesAt = u64le(header, 72) * sectorBytes;
  const entryBytes = header.readUInt32LE(84);
  const entriesBytes = header.readUInt32LE(80) * entryBytes;
  if (entryBytes < 128 || entriesBytes > MAX_ENTRIES_BYTES || entriesAt >= reader.size) {
    return undefined;
  }
  const entries = await reader.read(entriesAt, entriesBytes);
  if (entries.length !== entriesBytes || crc32(entries) !== header.readUInt32LE(88)) {
    return undefined;
  }
  return Array.from({ length: entriesBytes / entryBytes }, (_, index) =>
    entries.subarray(index * entryBytes, (index + 1) * entryBytes),
  )
    .filter((entry) => entry.subarray(0, 16).some((byte) => byte !== 0))
    .map((entry) => {
      const first = u64le(entry, 32);
      return { offset: first * sectorBytes, size: (u64le(entry, 40) - first + 1) * sectorBytes };
    })
    .filter(({ offset, size }) => offset < reader.size && size > 0);
}
