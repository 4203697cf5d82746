import type { FileHandle } from "node:fs/promises";
import { refusal, type RefusalCode } from "./refusal.ts";

/** Random access to bytes; offsets and lengths in bytes. */
export interface Reader {
  readonly size: number;
  /** Fewer bytes than asked for only at the end. */
  read(offset: number, length: number): Promise<Buffer>;
}

/** A range of a file. */
export interface Range {
  readonly offset: number;
  readonly size: number;
}

/** Reads an open file of a known size; the file's position is not used. */
export function fileReader(handle: FileHandle, size: number): Reader {
  return {
    size,
    read: async (offset, length) => {
      const wanted = clip(size, offset, length);
      const buffer = Buffer.alloc(wanted);
      let done = 0;
      while (done < wanted) {
        const { bytesRead } = await handle.read(buffer, done, wanted - done, offset + done);
        if (bytesRead === 0) {
          break; // the file became shorter while we read it
        }
        done += bytesRead;
      }
      return buffer.subarray(0, done);
    },
  };
}

/** A range of another reader. */
export function windowOf(outer: Reader, { offset: start, size }: Range): Reader {
  return { size, read: (offset, length) => outer.read(start + offset, clip(size, offset, length)) };
}

/** Several readers as one, one after another. */
export function joined(parts: readonly Reader[]): Reader {
  return {
    size: parts.reduce((sum, part) => sum + part.size, 0),
    read: async (offset, length) => {
      const pieces: Buffer[] = [];
      let start = 0;
      for (const part of parts) {
        const from = Math.max(offset, start);
        const to = Math.min(offset + length, start + part.size);
        if (from < to) {
          pieces.push(await part.read(from - start, to - from));
        }
        start += part.size;
      }
      return Buffer.concat(pieces);
    },
  };
}

/** @throws GiveUp with `code` when the bytes are not all there; nothing is read then */
export async function readExactly(
  reader: Reader,
  range: Range,
  what: string,
  code: RefusalCode = "truncated",
): Promise<Buffer> {
  checkInside(reader, range, what, code);
  const buffer = await reader.read(range.offset, range.size);
  if (buffer.length !== range.size) {
    throw refusal(code, `${what} was cut off while it was read`);
  }
  return buffer;
}

/**
 * A table of a disk, a piece at a time: some have gigabytes. Entries are not cut.
 * @throws GiveUp `truncated`, before the first piece, when the table is not all there
 */
export async function* tablePieces(
  reader: Reader,
  range: Range,
  what: string,
): AsyncGenerator<Buffer> {
  checkInside(reader, range, what, "truncated");
  for (let done = 0; done < range.size; done += TABLE_PIECE_BYTES) {
    const size = Math.min(TABLE_PIECE_BYTES, range.size - done);
    yield await readExactly(reader, { offset: range.offset + done, size }, what);
  }
}

function checkInside(
  reader: Reader,
  { offset, size }: Range,
  what: string,
  code: RefusalCode,
): void {
  if (offset + size > reader.size) {
    throw refusal(
      code,
      `${what} is cut off: ${size} bytes at ${offset} of a file of ${reader.size}`,
      { offset, fileBytes: reader.size },
    );
  }
}

const TABLE_PIECE_BYTES = 2 ** 20;

/**
 * A 64-bit number of a header. Above 2^53 it is rounded, which does no harm here: every such number is compared with a limit
 * far below, and refused.
 */
export function u64be(buffer: Buffer, offset: number): number {
  return buffer.readUInt32BE(offset) * 2 ** 32 + buffer.readUInt32BE(offset + 4);
}

/** As `u64be`, little endian. */
export function u64le(buffer: Buffer, offset: number): number {
  return buffer.readUInt32LE(offset + 4) * 2 ** 32 + buffer.readUInt32LE(offset);
}

function clip(size: number, offset: number, length: number): number {
  return Math.max(0, Math.min(length, size - offset));
}
