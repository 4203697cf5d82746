import { readExactly, type Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";

const END = 0;
const BACKING_FORMAT = 0xe2792aca;
const EXTERNAL_DATA_FILE = 0x44415441;
const ENCRYPTION = 0x0537be77;
const MAX_EXTENSIONS = 64; // four kinds are defined

/**
 * Looks through the header extensions for what names other files.
 * @throws GiveUp `backing-file`, `external-data-file`, `encrypted`, `bad-header`
 */
export async function checkExtensions(
  reader: Reader,
  { headerBytes, clusterBytes }: { readonly headerBytes: number; readonly clusterBytes: number },
): Promise<void> {
  let offset = headerBytes;
  for (let count = 0; offset + 8 <= clusterBytes; count += 1) {
    const entry = await readExactly(reader, { offset, size: 8 }, "a qcow2 header extension");
    const type = entry.readUInt32BE(0);
    const bytes = entry.readUInt32BE(4);
    if (type === END) {
      return;
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
    if (offset + 8 + bytes > clusterBytes || count >= MAX_EXTENSIONS) {
      throw refusal("bad-header", "the qcow2 header extensions do not fit their cluster");
    }
    offset += 8 + Math.ceil(bytes / 8) * 8;
  }
}
