import type { FileHandle } from "node:fs/promises";

/**
 * Writes bytes at a position and leaves holes where there are zeros. A hole at the end of a file does not count until the file
 * is given its length (`truncate`).
 * @returns how many bytes were written, without the holes
 */
export async function writeSparse(
  target: FileHandle,
  bytes: Buffer,
  position: number,
): Promise<number> {
  let written = 0;
  for (let at = 0; at < bytes.length; at += HOLE_BYTES) {
    const block = bytes.subarray(at, at + HOLE_BYTES);
    if (!block.equals(ZEROS.subarray(0, block.length))) {
      await writeAll(target, block, position + at);
      written += block.length;
    }
  }
  return written;
}

const HOLE_BYTES = 65_536;
const ZEROS = Buffer.alloc(HOLE_BYTES);

async function writeAll(handle: FileHandle, block: Buffer, position: number): Promise<void> {
  for (let done = 0; done < block.length;) {
    const { bytesWritten } = await handle.write(block, done, block.length - done, position + done);
    done += bytesWritten;
  }
}
