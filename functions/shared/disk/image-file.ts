import { constants, type Stats } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { systemCode } from "../files/system-code.ts";
import { quoted, refusal } from "./refusal.ts";

/**
 * Opens an image without following a link and without waiting for a pipe.
 * @throws GiveUp `not-a-file`; what `open` throws (ENOENT, EACCES …) as it is
 */
export async function openImage(path: string): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (["ELOOP", "ENXIO"].includes(systemCode(error) ?? "")) {
      throw refusal("not-a-file", `${quoted(path)} is a link or a device, not a file`, {}, error);
    }
    throw error;
  }
  if (!(await handle.stat()).isFile()) {
    await handle.close();
    throw refusal("not-a-file", `${quoted(path)} is no regular file`);
  }
  return handle;
}

/** What a sparse file occupies, in bytes. */
export function allocatedBytes({ size, blocks }: Pick<Stats, "size" | "blocks">): number {
  const BLOCK_BYTES = 512;
  return Math.min(size, blocks * BLOCK_BYTES);
}
