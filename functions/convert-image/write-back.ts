import type { FileHandle } from "node:fs/promises";

/**
 * Has a file that grows written to the disk meanwhile. Linux itself keeps what is written in memory for half a minute, so all of
 * it would be left for the `fsync` at the end, in which the processor has nothing to do: of the conversion of an OVA of 1 GiB, that
 * was a fifth of the time.
 */
export class WriteBack {
  readonly #file: Pick<FileHandle, "datasync">;
  readonly #sizeBytes: number;
  #startedAtBytes = 0;
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** @param sizeBytes what the file will have in the end */
  constructor(file: Pick<FileHandle, "datasync">, sizeBytes: number) {
    this.#file = file;
    this.#sizeBytes = sizeBytes;
  }

  /** So much has been written, of 100. */
  advance(percent: number): void {
    const bytes = (percent / 100) * this.#sizeBytes;
    if (this.#running === undefined && bytes - this.#startedAtBytes >= AT_A_TIME_BYTES) {
      this.#startedAtBytes = bytes;
      this.#running = this.#write();
    }
  }

  /**
   * Waits for the work that writes the file, and for what is under way.
   * @throws what the work throws; else what node:fs throws: Linux tells each failure once, so the `fsync` at the end would not know of it
   */
  async during<T>(work: Promise<T>): Promise<T> {
    const result = await work;
    await this.#running;
    if (this.#failure !== undefined) {
      throw this.#failure.error;
    }
    return result;
  }

  async #write(): Promise<void> {
    try {
      await this.#file.datasync();
    } catch (error) {
      this.#failure ??= { error };
    }
    this.#running = undefined;
  }
}

/** Seldom enough for the file system's journal; tenths of a second on common disks. */
const AT_A_TIME_BYTES = 64 * 2 ** 20;
