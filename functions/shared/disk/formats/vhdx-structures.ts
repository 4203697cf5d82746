import { readExactly, u64le, type Range, type Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";
import { crc32c } from "./crc32c.ts";

const KIB = 1024;
const HEADERS = [64 * KIB, 128 * KIB];
const HEADER_BYTES = 4 * KIB;
const HEADER_VERSION = 1;
const REGION_TABLE = { offset: 192 * KIB, size: 64 * KIB };
const REGION_TABLE_COPY = { offset: 256 * KIB, size: 64 * KIB };
const METADATA_TABLE_BYTES = 64 * KIB;
const MAX_METADATA_BYTES = 2 ** 20;
const MAX_ENTRIES = 2046; // 16 bytes of header and 32 of each entry in 64 KiB
const REQUIRED_REGION = 1;
const REQUIRED_ITEM = 4;

/**
 * The log of the active header: of two the valid one with the higher sequence number. A log that is in use must be replayed, which
 * needs write access.
 * @throws GiveUp `bad-header`, `corrupt`, `truncated`
 */
export async function readLog(reader: Reader): Promise<Range> {
  const headers: Buffer[] = [];
  for (const offset of HEADERS) {
    const header = await readExactly(reader, { offset, size: HEADER_BYTES }, "the VHDX header");
    const isKnown =
      header.toString("latin1", 0, 4) === "head" && header.readUInt16LE(66) === HEADER_VERSION;
    if (isKnown && hasChecksum(header)) {
      headers.push(header);
    }
  }
  const [active, other] = headers.sort((a, b) => u64le(b, 8) - u64le(a, 8));
  if (active === undefined) {
    throw refusal("bad-header", "the VHDX has no valid header");
  }
  // Some writers make two that are the same (qemu: Disk2VHD).
  const isSameAge = other?.subarray(8, 16).equals(active.subarray(8, 16)) === true;
  if (isSameAge && !other.equals(active)) {
    throw refusal("corrupt", "the VHDX has two headers that differ, and none is newer");
  }
  if (active.subarray(48, 64).some((byte) => byte !== 0)) {
    throw refusal("corrupt", "the VHDX was not closed: its log would have to be replayed");
  }
  return { offset: u64le(active, 72), size: active.readUInt32LE(68) };
}

/**
 * The regions of the file, by their GUID. Of the two tables qemu reads the first one only; others read the second one when the first
 * is damaged, so it must be the same, or damaged itself.
 * @param known all that are understood; others may not be required
 * @param others further places that no region may touch
 * @throws GiveUp `bad-header`, `corrupt`, `unknown-feature`, `truncated`
 */
export async function readRegions(
  reader: Reader,
  known: readonly string[],
  others: readonly Range[],
): Promise<ReadonlyMap<string, Range>> {
  const table = await readExactly(reader, REGION_TABLE, "the VHDX region table");
  const count = table.readUInt32LE(8);
  if (table.toString("latin1", 0, 4) !== "regi" || !hasChecksum(table) || count > MAX_ENTRIES) {
    throw refusal("bad-header", "the VHDX has no valid region table");
  }
  const copy = await readExactly(reader, REGION_TABLE_COPY, "the VHDX's second region table");
  if (copy.toString("latin1", 0, 4) === "regi" && hasChecksum(copy) && !copy.equals(table)) {
    throw refusal("corrupt", "the VHDX has two region tables that differ");
  }
  const regions = new Map<string, Range>();
  const taken = [...others];
  for (let at = 16; at < 16 + count * 32; at += 32) {
    const id = guid(table, at);
    const region = { offset: u64le(table, at + 16), size: table.readUInt32LE(at + 24) };
    if (regions.has(id) || taken.some((other) => overlap(region, other))) {
      throw refusal("corrupt", "the VHDX has regions that overlap");
    }
    if (!known.includes(id) && (table.readUInt32LE(at + 28) & REQUIRED_REGION) !== 0) {
      throw refusal("unknown-feature", `the VHDX needs a region that is not known: ${id}`);
    }
    regions.set(id, region);
    taken.push(region);
  }
  return regions;
}

/**
 * The metadata items, by their GUID.
 * @param known all that are understood; others may not be required
 * @throws GiveUp `bad-header`, `corrupt`, `unknown-feature`, `truncated`
 */
export async function readItems(
  reader: Reader,
  region: Range,
  known: readonly string[],
): Promise<ReadonlyMap<string, Buffer>> {
  const size = Math.min(region.size, MAX_METADATA_BYTES);
  const bytes = await readExactly(reader, { offset: region.offset, size }, "the VHDX metadata");
  if (
    bytes.length < METADATA_TABLE_BYTES ||
    bytes.toString("latin1", 0, 8) !== "metadata" ||
    bytes.readUInt16LE(10) > MAX_ENTRIES
  ) {
    throw refusal("bad-header", "the VHDX metadata has no table");
  }
  const items = new Map<string, Buffer>();
  const taken: Range[] = [{ offset: 0, size: METADATA_TABLE_BYTES }];
  for (let at = 32; at < 32 + bytes.readUInt16LE(10) * 32; at += 32) {
    const id = guid(bytes, at);
    if (items.has(id)) {
      throw refusal("corrupt", `the VHDX has two metadata items ${id}`);
    }
    if (!known.includes(id) && (bytes.readUInt32LE(at + 24) & REQUIRED_ITEM) !== 0) {
      throw refusal("unknown-feature", `the VHDX needs metadata that is not known: ${id}`);
    }
    const place = { offset: bytes.readUInt32LE(at + 16), size: bytes.readUInt32LE(at + 20) };
    if (taken.some((other) => overlap(place, other))) {
      throw refusal("corrupt", "the VHDX has metadata items that overlap");
    }
    taken.push(place);
    items.set(id, bytes.subarray(place.offset, place.offset + place.size));
  }
  return items;
}

/** The checksum is in the bytes 4 to 7, and of the structure with zeros there. */
function hasChecksum(bytes: Buffer): boolean {
  const blank = Buffer.from(bytes);
  blank.fill(0, 4, 8);
  return crc32c(blank) === bytes.readUInt32LE(4);
}

function overlap(a: Range, b: Range): boolean {
  return a.offset < b.offset + b.size && b.offset < a.offset + a.size;
}

function guid(buffer: Buffer, at: number): string {
  return buffer.toString("hex", at, at + 16);
}
