import type { AvailableJob } from "../job/job.ts";
import type { Converted } from "../job/artifact.ts";
import { warningCodesIn } from "../job/warning-codes.ts";
import type { Config } from "../shared/settings/config.ts";
import { readFile } from "node:fs/promises";
import { openImage } from "../shared/disk/image-file.ts";
import { inspectDisk } from "../shared/disk/inspect-image.ts";
import { GiveUp } from "../shared/step/errors.ts";
import { systemCode } from "../shared/files/system-code.ts";
import { unlessMissing } from "../shared/files/unless-missing.ts";
import { stagedPaths } from "../shared/staging/staging.ts";

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
): Promise<Converted["artifact"]> {
  const { format, maxVirtualSizeBytes } = config;
  const paths = stagedPaths(directory, job.id);
  const path = paths.artifact(format);
  try {
    await using handle = await openImage(path);
    const { virtualSizeBytes } = await inspectDisk(
      handle,
      { claim: format, maxVirtualSizeBytes },
      signal,
    );
    const { size } = await handle.stat();
    const noted = await unlessMissing(readFile(paths.warnings, "utf8"));
    return {
      path,
      format,
      sizeBytes: size,
      virtualSizeBytes,
      warnings: warningCodesIn(noted ?? ""),
    };
  } catch (error) {
    if (error instanceof GiveUp || systemCode(error) === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}
