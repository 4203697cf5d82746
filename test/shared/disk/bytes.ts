import type { Reader } from "../../../functions/shared/disk/reader.ts";

/** A reader over bytes in memory. */
export function readerOf(bytes: Buffer): Reader {
  return {
    size: bytes.length,
    read: async (offset, length) =>
      Promise.resolve(bytes.subarray(offset, Math.min(bytes.length, offset + length))),
  };
}
