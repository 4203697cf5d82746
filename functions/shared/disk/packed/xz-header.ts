import type { Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";
import { MAX_WINDOW_BYTES } from "./packing.ts";

/**
 * Looks at the header of the first block of an .xz file (tukaani.org/xz/xz-file-format.txt, section 3.1), which says how much
 * memory unpacking takes. Later blocks and what is damaged are left to xz, which has a limit of its own.
 * @throws GiveUp `table-limit`
 */
export async function checkXzHeader(reader: Reader): Promise<void> {
  const header = await reader.read(STREAM_HEADER_BYTES, MAX_BLOCK_HEADER_BYTES);
  const dictionaryBytes = dictionaryOf(header);
  if (dictionaryBytes !== undefined && dictionaryBytes > MAX_WINDOW_BYTES) {
    throw refusal(
      "table-limit",
      `the xz data asks for a dictionary of ${dictionaryBytes} bytes, the limit is ${MAX_WINDOW_BYTES}`,
      { dictionaryBytes, limitBytes: MAX_WINDOW_BYTES },
    );
  }
}

const STREAM_HEADER_BYTES = 12;
const MAX_BLOCK_HEADER_BYTES = 1024;
const FILTER_LZMA2 = 0x21;
const HAS_PACKED_SIZE = 0x40;
const HAS_UNPACKED_SIZE = 0x80;
const LARGEST_DICTIONARY = 40; // 4 GiB - 1; what is above is invalid

/** The dictionary of the last filter, which is LZMA2 in every valid file; undefined when there is none. */
function dictionaryOf(header: Buffer): number | undefined {
  const flags = header[1] ?? 0;
  let at = 2;
  const variable = () => {
    const start = at;
    while (((header[at] ?? 0) & 0x80) !== 0) {
      at += 1;
    }
    at += 1;
    return header[start] ?? 0; // all that we compare is below 128
  };
  for (const present of [HAS_PACKED_SIZE, HAS_UNPACKED_SIZE]) {
    if ((flags & present) !== 0) {
      variable();
    }
  }
  for (let filter = 0; filter <= (flags & 3); filter += 1) {
    const id = variable();
    const propertyBytes = variable();
    const bits = header[at];
    if (id === FILTER_LZMA2 && bits !== undefined) {
      return bits >= LARGEST_DICTIONARY
        ? 2 ** 32 - 1
        : (2 | (bits & 1)) * 2 ** (Math.floor(bits / 2) + 11);
    }
    at += propertyBytes;
  }
  return undefined;
}
