import { checkVirtualSize, type Disk, type Limits } from "../limits.ts";
import type { Reader } from "../reader.ts";

/**
 * A raw disk has no header: every file is one. What it must not be is found by its signatures.
 * @throws GiveUp `virtual-size`
 */
export async function inspectRaw(reader: Reader, limits: Limits): Promise<Disk> {
  checkVirtualSize(reader.size, limits);
  return Promise.resolve({
    subformat: "raw",
    virtualSizeBytes: reader.size,
    dataBytes: reader.size,
  });
}
