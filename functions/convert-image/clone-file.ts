import { constants } from "node:fs";
import { copyFile, type FileHandle } from "node:fs/promises";
import type { PartialFile, Workspace } from "./attempt.ts";

/**
 * A copy of a whole file that shares its blocks until one of them is written to, which costs nothing (XFS, Btrfs).
 * @returns undefined where the file system cannot do that, or the two are not on the same one
 */
export async function cloneFile(
  source: FileHandle,
  workspace: Workspace,
): Promise<PartialFile | undefined> {
  const clone = await workspace.createFile();
  const { mode } = await clone.handle.stat();
  try {
    await copyFile(
      `/proc/self/fd/${source.fd}`,
      clone.path,
      constants.COPYFILE_FICLONE_FORCE, // anything else would make it dense on ext4
    );
  } catch {
    return undefined; // Node has removed the file; whatever it was, a copy will tell
  }
  await clone.handle.chmod(mode); // it has the source's now
  return clone;
}
