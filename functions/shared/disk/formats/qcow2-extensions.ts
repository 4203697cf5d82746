import { readExactly, type Range, type Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";

const END = 0;
const BACKING_FORMAT = 0xe2792aca;
const EXTERNAL_DATA_FILE = 0x44415441;
const ENCRYPTION = 0x0537be77;
const BITMAPS = 0x23852875;
const MAX_EXTENSIONS = 64; // six kinds are defined

/**
 * Looks through the header extensions for what names other files.
 * @returns where the dirty bitmaps are announced, if they are
 * @throws GiveUp `backing-file`, `external-data-file`, `encrypted`, `bad-header`
 */
export async function checkExtensions(
  reader: Reader,
  { headerBytes, clusterBytes }: { readonly headerBytes: number; readonly clusterBytes: number },
): Promise<Range | undefined> {
  let offset = headerBytes;
  let bitmaps: Range | undefined;
  for (let count = 0; offset < clusterBytes; count += 1) {
    const entry = await readExactly(reader, { offset, size: 8 }, "a qcow2 header extension");
    const type = entry.readUInt32BE(0);
    const bytes = entry.readUInt32BE(4);
    if (offset + 8 + bytes > clusterBytes || count >= MAX_EXTENSIONS) {
      throw refusal("bad-header", "the qcow2 header extensions do not fit their cluster");
    }
    if (type === END) {
      return bitmaps;
    }
    if (type === BACKING_FORMAT) {
      throw refusal("backing-file", "the qcow2 image names the format of a backing file");
    }
    if (type === EXTERNAL_DATA_FILE) {
      throw refusal("external-data-file", "the qcow2 image names an external data file");
    }
    if (type === ENCRYPTION) {
      throw refusal("encrypted", "the qcow2 image has an encryption header");
    }
    if (type === BITMAPS) {
      if (bitmaps !== undefined) {
        throw refusal("bad-header", "the qcow2 image announces its dirty bitmaps twice");
      }
      bitmaps = { offset: offset + 8, size: bytes };
    }
    offset += 8 + Math.ceil(bytes / 8) * 8;
  }
  return bitmaps;
}
