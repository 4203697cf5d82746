import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  fsyncSync,
  readSync,
  writeSync,
} from "node:fs";
import { diskOperation, touched } from "./disk-operation.ts";
import type { SimulatedProcess } from "../simulated-process.ts";

/** A FileHandle of node:fs/promises, as far as the functions use it. */
export class SimulatedFileHandle {
  readonly fd: number;
  readonly #process: SimulatedProcess;

  constructor(fd: number, process: SimulatedProcess) {
    this.fd = fd;
    this.#process = process;
    process.descriptors.add(fd);
  }

  stat(options?: { readonly bigint?: boolean }): Promise<unknown> {
    return diskOperation("fstat", "reads", () => fstatSync(this.fd, options));
  }

  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesRead: number; buffer: Buffer }> {
    return diskOperation("read", "reads", () => ({
      bytesRead: readSync(this.fd, buffer, offset, length, position),
      buffer,
    }));
  }

  write(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesWritten: number; buffer: Buffer }> {
    return diskOperation("write", "fills", () =>
      touched(this.fd, {
        bytesWritten: writeSync(this.fd, buffer, offset, length, position),
        buffer,
      }),
    );
  }

  writeFile(text: string): Promise<number> {
    return diskOperation("write", "fills", () => touched(this.fd, writeSync(this.fd, text)));
  }

  truncate(length: number): Promise<void> {
    return diskOperation("ftruncate", "fills", () =>
      touched(this.fd, ftruncateSync(this.fd, length)),
    );
  }

  chmod(mode: number): Promise<void> {
    return diskOperation("fchmod", "writes", () => fchmodSync(this.fd, mode));
  }

  chown(uid: number, gid: number): Promise<void> {
    return diskOperation("fchown", "writes", () => fchownSync(this.fd, uid, gid));
  }

  sync(): Promise<void> {
    return diskOperation("fsync", "fills", () => fsyncSync(this.fd));
  }

  close(): Promise<void> {
    // Closing does not fail here: a close that fails has closed the file all the same (Linux).
    if (this.#process.descriptors.delete(this.fd)) {
      closeSync(this.fd);
    }
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
