import type { AvailableJob } from "../capture-metadata/message.ts";
import type { Message as Result } from "../register-image/message.ts";
import type { Config } from "../shared/config.ts";
import { openImage } from "../shared/disk/image-file.ts";
import { inspectDisk } from "../shared/disk/inspect-image.ts";
import { GiveUp, systemCode } from "../shared/errors.ts";
import { stagedPaths } from "../shared/staging.ts";

/**
 * The disk that an earlier attempt at the same job has finished, if there is one: a message that was delivered again does not cost
 * another conversion. It can be trusted: a file gets this name last, when its content is verified and on stable storage, only we
 * write in staging, and the job's id stands for one event with one checksum. It is looked at once more all the same, and what is
 * no proper disk (any more) is made again.
 */
export async function finishedArtifact(
  job: AvailableJob,
  directory: string,
  config: Pick<Config, "format" | "maxVirtualSizeBytes">,
  signal: AbortSignal,
): Promise<Result["artifact"]> {
  const { format, maxVirtualSizeBytes } = config;
  const path = stagedPaths(directory, job.id).artifact(format);
  try {
    await using handle = await openImage(path);
    const { virtualSizeBytes } = await inspectDisk(
      handle,
      { claim: format, maxVirtualSizeBytes },
      signal,
    );
    const { size } = await handle.stat();
    return { path, format, sizeBytes: size, virtualSizeBytes };
  } catch (error) {
    if (error instanceof GiveUp || systemCode(error) === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}
