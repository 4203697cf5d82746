import type { BigIntStats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import type { AvailableJob } from "../job/job.ts";
import { openImage } from "../shared/disk/image-file.ts";
import { refusal } from "../shared/disk/refusal.ts";
import { errorText } from "../shared/log/error-text.ts";
import { GiveUp, RetryLater } from "../shared/step/errors.ts";
import { systemCode } from "../shared/files/system-code.ts";

/**
 * Opens the announced file. It stays readable from here on, whatever vmcatcher does with its name.
 * @returns undefined when our own pin is gone: the job has ended once already, since its end is what removes the pin
 * @throws GiveUp `source-gone`, `not-a-file`; RetryLater when it cannot be opened
 */
export async function openSource({
  path,
  pinned,
}: AvailableJob["source"]): Promise<FileHandle | undefined> {
  try {
    return await openImage(path);
  } catch (error) {
    if (error instanceof GiveUp) {
      throw error;
    }
    if (systemCode(error) !== "ENOENT") {
      throw new RetryLater(`${path} cannot be opened: ${errorText(error)}`, { cause: error });
    }
    if (pinned) {
      return undefined;
    }
    throw refusal(
      "source-gone",
      `${path} is gone: vmcatcher moved or deleted it, and the hook could not pin it: vmcatcher-one doctor (hard-links) says why. ` +
        "A newer version comes by itself; this one, if it is still endorsed, by vmcatcher_cache -s, and then an ordinary run of it. " +
        "Then discard this",
      { path },
      error,
    );
  }
}

/**
 * Makes sure that a file is what it was when we began to read it. Its change time does not count: vmcatcher moves or deletes
 * its own name of a pinned file at will, which changes the time and not the content.
 * @throws RetryLater when it was written to; the next attempt finds out by the checksum whether it is still the right one
 */
export async function unchangedSince(handle: FileHandle, before: BigIntStats): Promise<void> {
  const after = await handle.stat({ bigint: true });
  if (after.size !== before.size || after.mtimeNs !== before.mtimeNs) {
    throw new RetryLater(
      `the source changed while it was read: from ${before.size} bytes of ${before.mtime.toISOString()} ` +
        `to ${after.size} bytes of ${after.mtime.toISOString()}`,
    );
  }
}
