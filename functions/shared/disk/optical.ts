import { CYLINDER_BYTES, readPartitionTable } from "./partitions.ts";
import { windowOf, type Reader } from "./reader.ts";
import { volumesOf, type Volume } from "./volumes.ts";

/**
 * Whether an image is that of a CD or DVD. The word CD001 at 32 KiB alone says nothing: it stands there by chance in the data of
 * a file system, or was left behind by a hybrid image under the partitions that came later. A CD has a primary volume descriptor
 * that agrees with itself (ECMA-119, 8.4) or the descriptors of UDF (ECMA-167, part 2), and nothing else owns the place:
 * - no file system or volume begins at the very beginning of the image, but those that hybrids have for a Mac;
 * - no partition has it inside. One that begins at 32 KiB or at 0 is that of a hybrid CD itself;
 * - partitions, if there are any, know the CD: one lies in what it takes for its own, none reaches out of that, and none has been
 *   given another content.
 */
export async function isOptical(reader: Reader): Promise<boolean> {
  if (reader.size <= DESCRIPTORS_AT) {
    return false;
  }
  const descriptors = await reader.read(DESCRIPTORS_AT, DESCRIPTORS_BYTES);
  const volumeBytes = (await isoBytes(reader, descriptors)) ?? udfBytes(descriptors);
  if (volumeBytes === undefined || (await volumesOf(reader)).some(isOther)) {
    return false;
  }
  const { partitions } = (await readPartitionTable(reader)) ?? { partitions: [] };
  const around = partitions.filter(
    ({ offset, size }) => offset <= DESCRIPTORS_AT && offset + size > DESCRIPTORS_AT,
  );
  if (around.length > 0) {
    return around.every(({ offset }) => offset === 0 || offset === DESCRIPTORS_AT);
  }
  const inside = partitions.filter(({ offset }) => offset < volumeBytes);
  if (partitions.length > 0 && inside.length === 0) {
    return false;
  }
  if (inside.some(({ offset, size }) => offset + size > volumeBytes + CYLINDER_BYTES)) {
    return false;
  }
  for (const partition of inside) {
    // A hybrid has an EFI system partition: a FAT.
    if (
      (await volumesOf(windowOf(reader, partition))).some((name) => isOther(name) && name !== "FAT")
    ) {
      return false;
    }
  }
  return true;
}

const DESCRIPTORS_AT = 32_768;
const BLOCK = 2048;
const DESCRIPTORS_BYTES = 16 * BLOCK;

const OF_HYBRIDS: ReadonlySet<Volume> = new Set(["HFS+", "Apple partition map", "BSD disklabel"]);

function isOther(name: Volume): boolean {
  return !OF_HYBRIDS.has(name);
}

/** How many bytes an ISO 9660 volume takes for its own; undefined when there is none. */
async function isoBytes(reader: Reader, descriptors: Buffer): Promise<number | undefined> {
  const PRIMARY = 1;
  for (let at = 0; at + BLOCK <= descriptors.length; at += BLOCK) {
    const descriptor = descriptors.subarray(at, at + BLOCK);
    if (nameOf(descriptor) === "CD001" && descriptor[0] === PRIMARY && descriptor[6] === 1) {
      return await checkedBytes(reader, descriptor);
    }
  }
  return undefined;
}

async function checkedBytes(reader: Reader, descriptor: Buffer): Promise<number | undefined> {
  const blocks = both32(descriptor, 80);
  const sequence = [both16(descriptor, 120), both16(descriptor, 124)];
  const blockBytes = both16(descriptor, 128);
  const pathTableBytes = both32(descriptor, 132);
  if (
    !blocks || // none, or not the same number twice
    ![512, 1024, BLOCK].includes(blockBytes ?? 0) ||
    blockBytes === undefined ||
    pathTableBytes === undefined ||
    sequence.includes(undefined)
  ) {
    return undefined;
  }
  const volumeBytes = blocks * blockBytes;
  const root = descriptor.subarray(ROOT_AT, ROOT_AT + ROOT_BYTES);
  if (root.every((byte) => byte === 0)) {
    return volumeBytes <= reader.size ? volumeBytes : undefined; // a CD without files
  }
  const extent = rootExtent(root);
  if (extent === undefined || extent >= blocks || extent * blockBytes >= reader.size) {
    return undefined;
  }
  const itself = await reader.read(extent * blockBytes, ROOT_BYTES);
  // Of a beginning that was cut off, no more is known.
  return itself.length < ROOT_BYTES || rootExtent(itself) === extent ? volumeBytes : undefined;
}

const ROOT_AT = 156;
const ROOT_BYTES = 34;

/** Where the directory is that a record calls itself (its name is a zero); ECMA-119, 9.1. */
function rootExtent(record: Buffer): number | undefined {
  const DIRECTORY = 2;
  const isItself =
    record.readUInt8(0) >= ROOT_BYTES &&
    (record.readUInt8(25) & DIRECTORY) !== 0 &&
    record.readUInt8(32) === 1 &&
    record.readUInt8(33) === 0;
  return isItself && both32(record, 10) !== undefined ? both32(record, 2) : undefined;
}

/** Of UDF alone, which does not say so early how much it takes: up to the end of its descriptors. */
function udfBytes(descriptors: Buffer): number | undefined {
  const names = Array.from({ length: Math.floor(descriptors.length / BLOCK) }, (_, index) =>
    nameOf(descriptors.subarray(index * BLOCK)),
  );
  const begin = names.indexOf("BEA01");
  const isUdf = begin !== -1 && names.slice(begin).some((name) => /^NSR0[23]$/.test(name));
  return isUdf ? DESCRIPTORS_AT + descriptors.length : undefined;
}

function nameOf(descriptor: Buffer): string {
  return descriptor.toString("latin1", 1, 6);
}

/** A number that stands there in both byte orders; undefined when the two differ. */
function both32(buffer: Buffer, at: number): number | undefined {
  const value = buffer.readUInt32LE(at);
  return value === buffer.readUInt32BE(at + 4) ? value : undefined;
}

function both16(buffer: Buffer, at: number): number | undefined {
  const value = buffer.readUInt16LE(at);
  return value === buffer.readUInt16BE(at + 2) ? value : undefined;
}
