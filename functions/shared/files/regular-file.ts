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
  const pieces: Buffer[] = [];
  await readInPieces(path, maxBytes, (piece) => pieces.push(Buffer.from(piece)), signal);
  return Buffer.concat(pieces);
}

/**
 * Reads a file that somebody else writes, without holding all of it.
 * @param onPiece gets one piece after the other; its memory is used again for the next one
 * @returns when the file was last written
 * @throws Error as `readRegularFile`
 */
export async function readInPieces(
  path: string,
  maxBytes: number,
  onPiece: (piece: Buffer) => void,
  signal?: AbortSignal,
): Promise<Date> {
  signal?.throwIfAborted();
  // Without O_NONBLOCK the opening of a named pipe would wait for a writer, for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { size, mtime } = await checkedStat(file, path, maxBytes);
    const piece = Buffer.allocUnsafe(Math.min(size, PIECE_BYTES));
    for (let length = 0; length < size;) {
      signal?.throwIfAborted();
      const atMost = Math.min(piece.length, size - length);
      const { bytesRead } = await file.read(piece, 0, atMost, length);
      if (bytesRead === 0) {
        break; // the file has become shorter
      }
      onPiece(piece.subarray(0, bytesRead));
      length += bytesRead;
    }
    return mtime;
  } finally {
    await file.close();
  }
}

const PIECE_BYTES = 2 ** 20;

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
