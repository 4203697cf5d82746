import { randomBytes } from "node:crypto";
import { open, rename, rm, stat, utimes, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { warningCodesText } from "../job/warning-codes.ts";
import type { Clock } from "../shared/time/clock.ts";
import type { Config } from "../shared/settings/config.ts";
import { RetryLater } from "../shared/step/errors.ts";
import { syncDirectory } from "../shared/files/sync-directory.ts";
import { isPartial, stagedNames, stagedPaths } from "../shared/staging/staging.ts";
import { noSpace } from "./no-space.ts";

/** A file that an attempt writes. */
export interface PartialFile {
  readonly path: string;
  readonly handle: FileHandle;
}

/** Where a conversion may write. */
export interface Workspace {
  readonly directory: string;
  /** A new, empty file, which the workspace removes at its end. */
  createFile(): Promise<PartialFile>;
}

/**
 * The files of one attempt to convert an image.
 *
 * A lease can be lost without the loser noticing at once, so two attempts at one job may run at the same time. Each writes files
 * of its own, with a random part in the name, and touches them as a sign of life. What nobody has touched for long is left over
 * from a dead attempt and removed by the next. Whoever finishes renames its file to the one name of the finished disk; both
 * have made the same.
 */
export class Attempt implements Workspace, AsyncDisposable {
  readonly directory: string;
  readonly #jobId: string;
  readonly #clock: Clock;
  readonly #files = new Set<PartialFile>();
  readonly #heartbeat: NodeJS.Timeout;

  /** Removes what dead attempts left. */
  static async begin(directory: string, jobId: string, clock: Clock): Promise<Attempt> {
    for (const name of (await stagedNames(directory, jobId)).filter(isPartial)) {
      const path = join(directory, name);
      if (clock.now().getTime() - (await modifiedAt(path)) > DEAD_AFTER_MS) {
        await rm(path, { force: true });
      }
    }
    return new Attempt(directory, jobId, clock);
  }

  private constructor(directory: string, jobId: string, clock: Clock) {
    this.directory = directory;
    this.#jobId = jobId;
    this.#clock = clock;
    this.#heartbeat = setInterval(() => void this.#touch(), HEARTBEAT_MS).unref();
  }

  /** A new, empty file, readable by OpenNebula's group. */
  async createFile(): Promise<PartialFile> {
    const path = stagedPaths(this.directory, this.#jobId).partial(randomBytes(8).toString("hex"));
    const handle = await open(path, "wx+", OUTPUT_MODE);
    const file = { path, handle };
    this.#files.add(file);
    await handle.chmod(OUTPUT_MODE); // whatever the umask
    return file;
  }

  /**
   * Makes a file the finished disk of the job: from now on it survives a crash of the machine under that name. What is unusual about
   * its image gets there before it, so that who finds the disk finds that, too.
   * @param warnings codes
   * @returns its path
   * @throws RetryLater when somebody removed it meanwhile, or without space
   */
  async finish(
    file: PartialFile,
    format: Config["format"],
    warnings: readonly string[],
  ): Promise<string> {
    const paths = stagedPaths(this.directory, this.#jobId);
    if (warnings.length === 0) {
      await rm(paths.warnings, { force: true }); // another version of us may have seen some, and crashed
    } else {
      const noted = await this.createFile();
      await noSpace(noted.path, noted.handle.writeFile(warningCodesText(warnings)));
      await this.#put(noted, paths.warnings);
    }
    const path = paths.artifact(format);
    await this.#put(file, path);
    return path;
  }

  async #put(file: PartialFile, path: string): Promise<void> {
    await file.handle.sync(); // qemu-img does not
    try {
      await rename(file.path, path);
    } catch (error) {
      throw new RetryLater(
        `${file.path} cannot be renamed: another attempt at the job has ended it`,
        { cause: error },
      );
    }
    await syncDirectory(this.directory);
  }

  /** Closes and removes all files that were not finished. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#heartbeat);
    for (const { path, handle } of this.#files) {
      await handle.close();
      await rm(path, { force: true });
    }
  }

  async #touch(): Promise<void> {
    const now = this.#clock.now();
    // A file that is gone shows when it is to be renamed.
    await Promise.allSettled([...this.#files].map(({ path }) => utimes(path, now, now)));
  }
}

const OUTPUT_MODE = 0o640;
const HEARTBEAT_MS = 30_000;
const DEAD_AFTER_MS = 10 * 60_000; // twenty heartbeats

async function modifiedAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return Number.POSITIVE_INFINITY; // gone: its attempt has ended
  }
}
