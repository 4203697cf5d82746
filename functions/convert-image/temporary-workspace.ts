import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PartialFile, Workspace } from "./attempt.ts";

/** A directory for what has to be unpacked to be inspected, below `TMPDIR` or another one; it is gone at the end. */
export class TemporaryWorkspace implements Workspace, AsyncDisposable {
  readonly directory: string;
  readonly #files: PartialFile[] = [];

  static async create(parent = tmpdir()): Promise<TemporaryWorkspace> {
    return new TemporaryWorkspace(await mkdtemp(join(parent, "vmcatcher-one-inspect-")));
  }

  private constructor(directory: string) {
    this.directory = directory;
  }

  async createFile(): Promise<PartialFile> {
    const path = join(this.directory, String(this.#files.length));
    const file = { path, handle: await open(path, "wx+", 0o600) };
    this.#files.push(file);
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { handle } of this.#files) {
      await handle.close();
    }
    await rm(this.directory, { recursive: true, force: true });
  }
}
