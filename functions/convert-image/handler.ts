import type { AvailableJob } from "../capture-metadata/message.ts";
import type { Message as Result } from "../register-image/message.ts";
import type { Deps } from "../shared/deps.ts";
import { inspectImage } from "../shared/disk/inspect-image.ts";
import { claimOf } from "../shared/disk/known-formats.ts";
import { GiveUp } from "../shared/errors.ts";
import { isInside, removeStaged } from "../shared/staging.ts";
import { Attempt } from "./attempt.ts";
import { finishedArtifact } from "./finished-artifact.ts";
import type { Message } from "./message.ts";
import { produceDisk } from "./produce-disk.ts";
import { ProgressFile } from "./progress-file.ts";
import { openSource, unchangedSince } from "./source.ts";
import { checkSpace } from "./space.ts";
import { inspectOutput } from "./inspect-output.ts";
import { verifyContent } from "./verify-content.ts";
import { alongside } from "./alongside.ts";

type Needed = Pick<Deps, "config" | "clock" | "log">;
type Artifact = NonNullable<Result["artifact"]>;

/**
 * Verifies that the announced file is the one that was endorsed, looks whether it can do harm, and makes the disk that OpenNebula
 * copies. Has no effect outside of the staging directory, so it can run any number of times, also twice at once.
 *
 * A bad image takes everything that the job has in staging with it; after any other end the pin stays for the next attempt.
 * @throws GiveUp as `RefusalCode`; RetryLater without space, without qemu-img, or when the source changes; StartOver without pin
 */
export async function handle(message: Message, deps: Needed, signal: AbortSignal): Promise<Result> {
  const { job, unchanged } = message;
  if (job.event !== "available" || unchanged) {
    return message;
  }
  try {
    const finished = await finishedArtifact(job, deps.config, signal);
    return { ...message, artifact: finished ?? (await convert(job, deps, signal)) };
  } catch (error) {
    signal.throwIfAborted(); // the job may be somebody else's by now: leave what is there to them
    if (error instanceof GiveUp && error.code !== "conversion-timeout") {
      await removeStaged(deps.config, job); // a time-out is not the image's fault: it can be replayed with more time
    }
    throw error;
  }
}

async function convert(
  job: AvailableJob,
  { config, clock, log }: Needed,
  signal: AbortSignal,
): Promise<Artifact> {
  await using source = await openSource(job.source);
  const before = await source.stat({ bigint: true });
  const sourceBytes = Number(before.size);
  const { maxVirtualSizeBytes } = config;
  const inspection = await inspectImage(
    source,
    { claim: claimOf(job.source.format), maxVirtualSizeBytes },
    signal,
  );
  const { format, subformat, container, virtualSizeBytes, otherDisks } = inspection;
  log.info(
    { container, format, subformat, sourceBytes, virtualSizeBytes, otherDisks },
    "image inspected",
  );

  await using progress = await ProgressFile.create({ config, clock, log }, job, sourceBytes);
  const verify = (stop: AbortSignal, onProgress?: (percent: number) => void) =>
    verifyContent(
      source,
      { sizeBytes: sourceBytes, sha512: job.sha512, digests: inspection.digests, onProgress },
      stop,
    );

  const isPin = job.source.pinned && isInside(config.stagingDirectory, job.source.path);
  if (isPin && container === undefined && format === "raw" && config.format === "raw") {
    await verify(signal, progress.report("verifying"));
    await unchangedSince(source, before);
    return { path: job.source.path, format, sizeBytes: sourceBytes, virtualSizeBytes };
  }

  await checkSpace(config.stagingDirectory, inspection);
  await using attempt = await Attempt.begin(config, job.id, clock);
  const output = await alongside(
    (stop) => verify(stop),
    (stop) =>
      produceDisk(
        source,
        inspection,
        { attempt, config, onProgress: progress.report("converting") },
        stop,
      ),
    signal,
  );
  await unchangedSince(source, before);
  const sizeBytes = await inspectOutput(output, config, inspection, signal);
  const path = await attempt.finish(output, config.format);
  log.info({ path, sizeBytes, virtualSizeBytes }, "image converted");
  return { path, format: config.format, sizeBytes, virtualSizeBytes };
}
