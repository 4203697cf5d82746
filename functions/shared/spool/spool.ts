import { lstat, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GiveUp } from "../step/errors.ts";
import { UnsuitableFile, readRegularFile } from "../files/regular-file.ts";
import { unlessMissing } from "../files/unless-missing.ts";
import { removeEarlierBad } from "./earlier-bad.ts";
import { MAX_ENTRY_BYTES } from "./limits.ts";
import { explained } from "./spool-failure.ts";

/**
 * The hook's directories.
 *
 * The hook writes `tmp/NAME`, renames it to `new/NAME`, and pins the image as `pin-NAME` in the staging directory. Names
 * begin with the time, so their order is the order of events. What cannot be understood goes to `bad/`.
 */
export interface Spool {
  /** Entries that wait, oldest first. */
  names(): Promise<readonly string[]>;
  /** @returns undefined when another process has taken it meanwhile. @throws GiveUp `invalid-entry` when it is no file */
  read(name: string): Promise<Uint8Array | undefined>;
  remove(name: string): Promise<void>;
  /**
   * Moves an entry to `bad/` with the reason beside it, and removes its pin, and earlier entries there that say the same.
   * @returns where it lies now
   */
  setAside(name: string, reason: string): Promise<string>;
  /** Entries in `tmp/` that were last written before then: hooks are at work on them, or were killed. */
  unready(before: Date): Promise<readonly string[]>;
  /** Removes what a hook that was killed has left, with its pin. */
  removeUnready(name: string): Promise<void>;
}

/** Where the spool is; the names are those of the settings. */
export interface SpoolDirectories {
  readonly spoolDirectory: string;
  readonly stagingDirectory: string;
}

/** Makes the directories that are missing. @throws SpoolFailure, as all methods of the spool do */
export async function openSpool({
  spoolDirectory,
  stagingDirectory,
}: SpoolDirectories): Promise<Spool> {
  const waiting = join(spoolDirectory, "new");
  const unready = join(spoolDirectory, "tmp");
  const bad = join(spoolDirectory, "bad");
  const removePin = (name: string) => remove(join(stagingDirectory, `pin-${name}`));
  for (const directory of [waiting, unready, bad]) {
    await explained("make", directory, () =>
      mkdir(directory, { recursive: true, mode: DIRECTORY_MODE }),
    );
  }
  return {
    names: async () => (await explained("read", waiting, () => readdir(waiting))).sort(),
    read: (name) => readEntry(join(waiting, name)),
    remove: (name) => remove(join(waiting, name)),
    setAside: async (name, reason) => {
      const path = join(bad, name);
      // The reason first: an entry in bad/ has one, whenever this is interrupted.
      await explained("write", `${path}.reason`, () =>
        writeFile(`${path}.reason`, reason, { mode: FILE_MODE }),
      );
      await explained("move", path, () => unlessMissing(rename(join(waiting, name), path)));
      await removePin(name);
      await explained("tidy up", bad, () => removeEarlierBad(bad, name));
      return path;
    },
    unready: async (before) => {
      const names = await explained("read", unready, () => readdir(unready));
      const old: string[] = [];
      for (const name of names) {
        const path = join(unready, name);
        const found = await explained("look at", path, () => unlessMissing(lstat(path)));
        if (found !== undefined && found.mtime < before) {
          old.push(name);
        }
      }
      return old;
    },
    removeUnready: async (name) => {
      await removePin(name); // before the file that tells of it
      await remove(join(unready, name));
    },
  };
}

const DIRECTORY_MODE = 0o750; // as the hook makes them: what lists say is nobody else's business
const FILE_MODE = 0o640;

async function readEntry(path: string): Promise<Uint8Array | undefined> {
  try {
    return await explained("read", path, () =>
      unlessMissing(readRegularFile(path, MAX_ENTRY_BYTES)),
    );
  } catch (error) {
    if (error instanceof UnsuitableFile) {
      throw new GiveUp("invalid-entry", error.message, { cause: error });
    }
    throw error;
  }
}

async function remove(path: string): Promise<void> {
  await explained("remove", path, () => rm(path, { force: true, recursive: true }));
}
