import type { Converted } from "../job/artifact.ts";
import type { AvailableJob } from "../job/job.ts";
import type { Config } from "../shared/settings/config.ts";
import { isInside, stagedPaths } from "../shared/staging/staging.ts";
import { GiveUp } from "../shared/step/errors.ts";
import { finishedArtifact } from "./finished-artifact.ts";
import { inspectFile, type Report } from "./inspect-file.ts";
import { messageSchema } from "./message.ts";
import { openSource } from "./source.ts";
import { verifyContent } from "./verify-content.ts";
import { codesOf } from "../shared/disk/warning.ts";

/** How a conversion is foreseen. */
export interface Foresight {
  readonly config: Config;
  /** Read the whole image, and verify its checksum. */
  readonly full: boolean;
  /** Told whether the image would be taken, and of what that was seen. */
  readonly tell: (answer: "yes" | "no", text: string) => void;
  /** The disk does not exist yet; a path of what does, and the path that OpenNebula would be told instead. */
  readonly standsFor: (existing: string, path: string) => void;
}

/**
 * What convert-image would pass on, without converting anything: the inspector says whether the image would be taken.
 * @throws what convert-image throws for an image that it does not take
 */
export async function foreseenArtifact(
  given: unknown,
  { config, full, tell, standsFor }: Foresight,
  signal: AbortSignal,
): Promise<Converted> {
  const message = messageSchema.parse(given);
  const { job, unchanged } = message;
  if (job.event !== "available" || unchanged) {
    return message;
  }
  const finished = await finishedArtifact(job, config.stagingDirectory, config, signal);
  if (finished !== undefined) {
    tell("yes", `${finished.path} is converted already`);
    return { ...message, artifact: finished };
  }
  const report = await inspected(job, config, full, signal);
  if (report === undefined) {
    tell("no", `${job.source.path}, its pin, is gone`);
    return message;
  }
  tell(
    "yes",
    `${report.format ?? ""} in ${job.source.path} would be taken (checked: ${report.checked}${full ? ", checksum" : "; the checksum only with --full"})`,
  );
  const isUsedAsItIs =
    job.source.pinned &&
    isInside(config.stagingDirectory, job.source.path) &&
    config.format === "raw" &&
    report.format === "raw" &&
    report.container === undefined &&
    report.packing.length === 0;
  if (!isUsedAsItIs) {
    standsFor(
      job.source.path,
      stagedPaths(config.stagingDirectory, job.id).artifact(config.format),
    );
  }
  return {
    ...message,
    artifact: {
      path: job.source.path,
      format: config.format,
      sizeBytes: report.fileBytes ?? 0,
      virtualSizeBytes: report.virtualSizeBytes ?? 1,
      warnings: codesOf(report.warnings),
    },
  };
}

async function inspected(
  job: AvailableJob,
  config: Config,
  full: boolean,
  signal: AbortSignal,
): Promise<Report | undefined> {
  await using source = await openSource(job.source);
  if (source === undefined) {
    return undefined;
  }
  const { path, format } = job.source;
  const report = await inspectFile(path, { format, full, config }, signal);
  if (report.reason !== undefined) {
    const { code, sentence, facts } = report.reason;
    throw new GiveUp(code, sentence, { facts });
  }
  if (full) {
    await verifyContent(source, { digest: job.digest, digests: [] }, signal);
  }
  return report;
}
