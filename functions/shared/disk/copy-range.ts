import type { FileHandle } from "node:fs/promises";
import { RetryLater } from "../errors.ts";
import type { Range } from "./reader.ts";

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
    for (let at = 0; at < bytesRead; at += HOLE_BYTES) {
      const block = buffer.subarray(at, Math.min(at + HOLE_BYTES, bytesRead));
      if (!block.equals(ZEROS.subarray(0, block.length))) {
        await writeAll(target.handle, block, target.offset + done + at);
      }
    }
    done += bytesRead;
    onProgress?.(done);
  }
  await target.handle.truncate(target.offset + range.size); // what ends in a hole has its length too
}

const READ_BYTES = 2 ** 20;
const HOLE_BYTES = 65_536;
const ZEROS = Buffer.alloc(HOLE_BYTES);

async function writeAll(handle: FileHandle, block: Buffer, position: number): Promise<void> {
  for (let done = 0; done < block.length;) {
    const { bytesWritten } = await handle.write(block, done, block.length - done, position + done);
    done += bytesWritten;
  }
}
