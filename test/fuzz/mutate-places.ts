import type { Random } from "./random.ts";

/**
 * Makes an entry of a table name what another entry, or the header, names already: numbers that are right in themselves, and wrong
 * together. Tables are followed as far as the image is whole; what is no image that it knows stays as it is.
 */
export function mutatePlaces(bytes: Buffer, _other: Buffer, random: Random): Buffer {
  const fields = fieldsOf(bytes).filter(({ at, width }) => at >= 0 && at + width <= bytes.length);
  const used = fields.filter(({ at, width }) => !bytes.subarray(at, at + width).every(isZero));
  if (used.length === 0) {
    return bytes;
  }
  const to = random.pick(random.percent(80) ? used : fields);
  const sources = used.filter(({ width }) => width === to.width);
  if (sources.length > 0) {
    const from = random.pick(sources);
    bytes.copy(bytes, to.at, from.at, from.at + from.width);
  }
  return bytes;
}

/** A number that tells a place in the file. */
interface Field {
  readonly at: number;
  readonly width: number;
}

const MAX_ENTRIES = 64; // of a table
const SECTOR = 512;
const MIB = 2 ** 20;

function fieldsOf(bytes: Buffer): readonly Field[] {
  if (bytes.length < 2 * SECTOR) {
    return [];
  }
  const magic = bytes.toString("latin1", 0, 8);
  if (magic.startsWith("QFI\xFB")) {
    return qcow2Fields(bytes);
  }
  if (magic.startsWith("KDMV")) {
    return vmdkFields(bytes);
  }
  if (magic === "conectix") {
    return [...table(16, 1, 8), ...table(528, 1, 8), ...table(placeAt(bytes, 528), MAX_ENTRIES, 4)];
  }
  if (magic === "vhdxfile") {
    const regions = [0, 1].map((index) => ({ at: 192 * 1024 + 16 + index * 32 + 16, width: 8 }));
    return [...regions, ...table(3 * MIB, MAX_ENTRIES, 8), ...table(2 * MIB, MAX_ENTRIES, 8)];
  }
  return bytes.readUInt32BE(64) === 0x7f10dabe
    ? [...table(340, 2, 4), ...table(bytes.readUInt32LE(340), MAX_ENTRIES, 4)]
    : [];
}

function qcow2Fields(bytes: Buffer): readonly Field[] {
  const l1 = table(placeAt(bytes, 40), 4, 8);
  const l2 = l1.map(({ at }) => table(placeAt(bytes, at), MAX_ENTRIES, 8)).flat();
  const bitmaps = bytes.indexOf(Buffer.from("2385287500000018", "hex")) + 8;
  const directory = bitmaps < 8 ? [] : table(bitmaps + 16, 1, 8);
  const entries = directory.map(({ at }) => table(placeAt(bytes, at), 1, 8)).flat();
  const refcounts = table(placeAt(bytes, 48), 4, 8);
  const snapshots = bytes.readUInt32BE(60) === 0 ? [] : table(placeAt(bytes, 64), 1, 8);
  const header = [40, 48, 64].map((at) => ({ at, width: 8 }));
  return [...header, ...l1, ...l2, ...directory, ...entries, ...refcounts, ...snapshots];
}

function vmdkFields(bytes: Buffer): readonly Field[] {
  const isAtEnd = bytes.readUInt32LE(60) === 2 ** 32 - 1;
  const header = isAtEnd ? bytes.length - 2 * SECTOR : 0;
  const directory = table(bytes.readUInt32LE(header + 56) * SECTOR, 4, 4);
  const tables = directory
    .filter(({ at }) => at + 4 <= bytes.length)
    .map(({ at }) => table(bytes.readUInt32LE(at) * SECTOR, MAX_ENTRIES, 4))
    .flat();
  const headers = [header, 0].flatMap((start) => [28, 36, 48, 56].map((at) => start + at));
  return [...headers.map((at) => ({ at, width: 4 })), ...directory, ...tables];
}

function table(at: number, entries: number, width: number): readonly Field[] {
  return Array.from({ length: entries }, (_, index) => ({ at: at + index * width, width }));
}

/** What a big-endian entry names, without its flags; -1024 when it is not there. */
function placeAt(bytes: Buffer, at: number): number {
  return at < 0 || at + 8 > bytes.length
    ? -1024
    : Number(bytes.readBigUInt64BE(at) & 0x00ff_ffff_ffff_fe00n);
}

function isZero(byte: number): boolean {
  return byte === 0;
}
