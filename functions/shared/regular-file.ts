import { constants } from "node:fs";
import { open } from "node:fs/promises";

/**
 * Reads a small file that somebody else writes.
 * @throws UnsuitableFile when the path is no regular file, or the file is too large; otherwise what node:fs throws
 */
export async function readRegularFile(
  path: string,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<Buffer> {
  signal?.throwIfAborted();
  // Without O_NONBLOCK the opening of a named pipe would wait for a writer, for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { size } = await checkedStat(file, path, maxBytes);
    const content = Buffer.allocUnsafe(size);
    let length = 0;
    while (length < size) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(content, length, size - length, length);
      if (bytesRead === 0) {
        break; // the file has become shorter
      }
      length += bytesRead;
    }
    return content.subarray(0, length);
  } finally {
    await file.close();
  }
}

/** Thrown when what is found under a path is not a file to read: trying again does not help. */
export class UnsuitableFile extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UnsuitableFile";
  }
}

async function checkedStat(file: Awaited<ReturnType<typeof open>>, path: string, maxBytes: number) {
  const stat = await file.stat();
  if (!stat.isFile()) {
    throw new UnsuitableFile(`${path} is not a regular file`);
  }
  if (stat.size > maxBytes) {
    throw new UnsuitableFile(`${path} has ${stat.size} bytes, more than ${maxBytes}`);
  }
  return stat;
}
