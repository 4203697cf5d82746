import type { FileHandle } from "node:fs/promises";
import { RetryLater } from "../step/errors.ts";
import type { Range } from "./reader.ts";
import { writeSparse } from "./sparse-write.ts";

/**
 * Copies a range of one file into another, to the byte, and leaves holes where there are zeros (Node's `copyFile` makes a
 * sparse file dense on ext4).
 * @param onProgress is told the bytes that are done
 * @throws RetryLater when the source ends too early
 */
export async function copyRange(
  source: FileHandle,
  range: Range,
  target: { readonly handle: FileHandle; readonly offset: number },
  signal: AbortSignal,
  onProgress?: (bytes: number) => void,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  for (let done = 0; done < range.size;) {
    signal.throwIfAborted();
    const { bytesRead } = await source.read(
      buffer,
      0,
      Math.min(READ_BYTES, range.size - done),
      range.offset + done,
    );
    if (bytesRead === 0) {
      throw new RetryLater(
        `the source ended at ${range.offset + done}, before the ${range.size} bytes that it had`,
      );
    }
    await writeSparse(target.handle, buffer.subarray(0, bytesRead), target.offset + done);
    done += bytesRead;
    onProgress?.(done);
  }
  await target.handle.truncate(target.offset + range.size); // what ends in a hole has its length too
}

const READ_BYTES = 2 ** 20;
