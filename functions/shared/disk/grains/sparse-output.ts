import { writeSync } from "node:fs";

/**
 * Writes pieces of a disk into a sparse file. Neighbours are put together and blocks of zeros are left out: as a file system
 * counts in blocks, smaller holes would save nothing. Must be flushed at the end.
 */
export class SparseOutput {
  readonly #fd: number;
  readonly #buffer: Buffer;
  /** Where in the file the buffer begins. */
  #position = 0;
  #length = 0;

  /** @param pieceBytes the longest piece */
  constructor(fd: number, pieceBytes: number) {
    this.#fd = fd;
    this.#buffer = Buffer.allocUnsafe(Math.max(COLLECTED_BYTES, pieceBytes) + SPARE_BYTES);
  }

  /** Room for a piece that will be at that position, and one byte more; valid until the next call. */
  room(position: number, pieceBytes: number): Buffer {
    const isNeighbour = position === this.#position + this.#length;
    const end = this.#length + pieceBytes + SPARE_BYTES;
    if (!isNeighbour || end > this.#buffer.length) {
      this.flush();
      this.#position = position;
    }
    return this.#buffer.subarray(this.#length, this.#length + pieceBytes + SPARE_BYTES);
  }

  /** Takes what is in the room now. */
  take(bytes: number): void {
    this.#length += bytes;
  }

  flush(): void {
    for (let at = 0; at < this.#length;) {
      const end = this.#endOfRun(at);
      if (!this.#isZero(at)) {
        this.#write(at, end);
      }
      at = end;
    }
    this.#position += this.#length;
    this.#length = 0;
  }

  /** Where blocks of zeros begin, or end, after `at`. */
  #endOfRun(at: number): number {
    const isZero = this.#isZero(at);
    let end = at + BLOCK_BYTES;
    while (end < this.#length && this.#isZero(end) === isZero) {
      end += BLOCK_BYTES;
    }
    return Math.min(end, this.#length);
  }

  #isZero(at: number): boolean {
    const end = Math.min(at + BLOCK_BYTES, this.#length);
    return this.#buffer.compare(ZEROS, 0, end - at, at, end) === 0;
  }

  #write(from: number, to: number): void {
    for (let at = from; at < to;) {
      at += writeSync(this.#fd, this.#buffer, at, to - at, this.#position + at);
    }
  }
}

const COLLECTED_BYTES = 256 * 2 ** 10; // within the processor's cache
const SPARE_BYTES = 1;
const BLOCK_BYTES = 4096;
const ZEROS = Buffer.alloc(BLOCK_BYTES);
