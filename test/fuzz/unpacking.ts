import { open, rm } from "node:fs/promises";
import type { Packed } from "../../functions/shared/disk/finding.ts";
import { unpack } from "../../functions/shared/disk/packed/unpack.ts";
import { joined, windowOf, type Reader } from "../../functions/shared/disk/reader.ts";
import { GiveUp } from "../../functions/shared/step/errors.ts";

/**
 * Unpacks what was found packed, and looks at what comes out.
 * @returns what is wrong with us, if anything
 */
export async function unpackingFault(
  bytes: Buffer,
  found: Packed,
  path: string,
): Promise<string | undefined> {
  const whole: Reader = {
    size: bytes.length,
    read: async (offset, length) =>
      Promise.resolve(bytes.subarray(offset, Math.min(bytes.length, offset + length))),
  };
  const packed = joined(found.pieces.map((piece) => windowOf(whole, piece)));
  const limits = {
    expansionBytes: MAX_BYTES,
    imageBytes: MAX_BYTES,
    timeoutSeconds: 10,
    checkSpace: async () => Promise.resolve(),
  };
  const signal = AbortSignal.timeout(30_000);
  const target = await open(path, "w+");
  try {
    await unpack(packed, found.packing, target, limits, signal);
    const { size } = await target.stat();
    if (size > MAX_BYTES) {
      return `${size} bytes were unpacked, the limit is ${MAX_BYTES}`;
    }
    await found.inspect(target, signal);
    return undefined;
  } catch (error) {
    const isRefusal = error instanceof GiveUp && error.code !== "conversion-timeout";
    return isRefusal ? undefined : `unpacking threw ${String(error)}`;
  } finally {
    await target.close();
    await rm(path, { force: true });
  }
}

const MAX_BYTES = 16 * 2 ** 20;
