import { quoted, refusal } from "./refusal.ts";

/** One 512-byte header block of a tar archive, as it stands there. */
export interface TarHeader {
  readonly name: string;
  readonly type: string;
  readonly size: number;
}

/** Bytes of a tar block. */
export const BLOCK = 512;

/**
 * Reads a header block of ustar, pax or GNU tar.
 * @throws GiveUp `tar-bad`
 */
export function parseTarHeader(block: Buffer, offset: number): TarHeader {
  checkSum(block, offset);
  const name = text(block, 0, 100);
  // Only POSIX has the prefix field; GNU ("ustar  ") keeps times there.
  const prefix = block.toString("latin1", 257, 263) === "ustar\0" ? text(block, 345, 155) : "";
  const type = block.toString("latin1", 156, 157);
  return {
    name: prefix === "" ? name : `${prefix}/${name}`,
    type: type === "\0" ? "0" : type,
    size: number(block.subarray(124, 136), "size", offset),
  };
}

/** The key-value records of a pax header: `LENGTH KEY=VALUE\n`. @throws GiveUp `tar-bad` */
export function parsePax(records: Buffer): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  let at = 0;
  while (at < records.length) {
    const blank = records.indexOf(0x20, at);
    const digits = blank === -1 ? "" : records.toString("latin1", at, blank);
    const end = at + Number(digits);
    const equals = records.indexOf(0x3d, blank);
    if (
      !/^[1-9]\d{0,5}$/.test(digits) ||
      end > records.length ||
      records[end - 1] !== 0x0a ||
      equals <= blank ||
      equals >= end
    ) {
      throw refusal(
        "tar-bad",
        `the archive has a pax record that is none: ${quoted(records.toString("latin1", at, at + 40))}`,
      );
    }
    const key = records.toString("utf8", blank + 1, equals);
    if (map.has(key)) {
      throw refusal("tar-bad", `the archive has two pax records ${quoted(key)} for one member`);
    }
    map.set(key, records.toString("utf8", equals + 1, end - 1));
    at = end;
  }
  return map;
}

function checkSum(block: Buffer, offset: number): void {
  let sum = 0;
  for (const [index, byte] of block.entries()) {
    sum += index >= 148 && index < 156 ? 0x20 : byte;
  }
  if (number(block.subarray(148, 156), "checksum", offset) !== sum) {
    throw refusal("tar-bad", `the tar header at ${offset} has a wrong checksum`, { offset });
  }
}

/** Octal digits, or base 256 when the highest bit is set (GNU; for members over 8 GiB). */
function number(field: Buffer, what: string, offset: number): number {
  if (field.readUInt8(0) === 0x80) {
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
    if (Number.isSafeInteger(value)) {
      return value;
    }
  } else {
    const digits = /^ *([0-7]+)[ \0]*$/.exec(field.toString("latin1"))?.[1];
    if (digits !== undefined) {
      return Number.parseInt(digits, 8);
    }
  }
  throw refusal("tar-bad", `the tar header at ${offset} has a ${what} that is no number`, {
    offset,
  });
}

function text(block: Buffer, offset: number, length: number): string {
  const end = block.subarray(offset, offset + length).indexOf(0);
  return block.toString("utf8", offset, offset + (end === -1 ? length : end));
}
