import type { AvailableJob } from "../job/job.ts";
import type { Converted } from "../job/artifact.ts";
import type { Deps } from "../shared/step/deps.ts";
import { directDatastore, type Asking } from "../shared/datastore/direct-datastore.ts";
import type { Finding } from "../shared/disk/finding.ts";
import { inspectImage } from "../shared/disk/inspect-image.ts";
import { claimOf } from "../shared/disk/known-formats.ts";
import { codesOf, type Warning } from "../shared/disk/warning.ts";
import { GiveUp } from "../shared/step/errors.ts";
import { isInside, removeStaged } from "../shared/staging/staging.ts";
import { Attempt } from "./attempt.ts";
import { finishedArtifact } from "./finished-artifact.ts";
import { withGuest } from "./guest.ts";
import type { Message } from "./message.ts";
import { isPlainRaw, produceDisk } from "./produce-disk.ts";
import { ProgressFile } from "./progress-file.ts";
import { openSource, unchangedSince } from "./source.ts";
import { inspectOutput } from "./inspect-output.ts";
import { unpackImage } from "./unpack-image.ts";
import { verifyContent } from "./verify-content.ts";
import { withSha1 } from "./with-sha1.ts";
import { alongside } from "./alongside.ts";

type Needed = Pick<Deps, "config" | "clock" | "log"> & Asking;
type Artifact = NonNullable<Converted["artifact"]>;
/** Where a disk is made: in staging, for OpenNebula to copy, or in the datastore where it stays. */
interface Place {
  readonly directory: string;
  readonly of: Pick<Artifact, "datastoreId">;
}

/**
 * Verifies that the announced file is the one that was endorsed, looks whether it can do harm, and makes the disk that OpenNebula
 * copies. Has no effect outside of the staging directory, so it can run any number of times, also twice at once.
 *
 * A bad image takes everything that the job has in staging with it; after any other end the pin stays for the next attempt.
 *
 * A job without its pin is passed on without a disk: a second delivery, mostly. The next step sees what is live, behind all that was
 * announced before it, and a replay of what it gives up gets there, too.
 * @throws GiveUp as `RefusalCode`; RetryLater without space, without qemu-img, or when the source changes
 */
export async function handle(
  message: Message,
  deps: Needed,
  signal: AbortSignal,
): Promise<Converted> {
  const { job, unchanged } = message;
  if (job.event !== "available" || unchanged) {
    return message;
  }
  try {
    const place = await placeOf(job, deps, signal);
    const finished = await finishedArtifact(job, place.directory, deps.config, signal);
    const disk = finished ?? (await convert(job, place, deps, signal));
    if (disk === undefined) {
      return message;
    }
    const artifact = { ...disk, ...place.of };
    return { ...message, artifact: await withSha1(artifact, deps.config, signal) };
  } catch (error) {
    signal.throwIfAborted(); // the job may be somebody else's by now: leave what is there to them
    if (error instanceof GiveUp && error.code !== "conversion-timeout") {
      await removeStaged(deps.config, job); // a time-out is not the image's fault: it can be replayed with more time
    }
    throw error;
  }
}

async function placeOf(job: AvailableJob, deps: Needed, signal: AbortSignal): Promise<Place> {
  const datastore = await directDatastore(job.vo, deps, signal);
  return datastore === undefined
    ? { directory: deps.config.stagingDirectory, of: {} }
    : { directory: datastore.directory, of: { datastoreId: datastore.id } };
}

async function convert(
  job: AvailableJob,
  { directory, of }: Place,
  { config, clock, log }: Needed,
  signal: AbortSignal,
): Promise<Artifact | undefined> {
  await using source = await openSource(job.source);
  if (source === undefined) {
    log.info({ path: job.source.path }, "the pin of the image is gone: nothing can be converted");
    return undefined;
  }
  const before = await source.stat({ bigint: true });
  const sourceBytes = Number(before.size);
  const { maxVirtualSizeBytes, severalDisks, unrecognised } = config;
  const claim = claimOf(job.source.format);
  const rules = { claim, maxVirtualSizeBytes, severalDisks, unrecognised };
  const finding = await inspectImage(source, rules, signal);
  reportFinding(log, finding, sourceBytes);

  await using progress = await ProgressFile.create({ config, clock, log }, job, sourceBytes);
  const expected = { digest: job.digest, digests: finding.digests };

  const isPin = job.source.pinned && isInside(config.stagingDirectory, job.source.path);
  if (isPin && of.datastoreId === undefined && config.format === "raw" && isPlainRaw(finding)) {
    const sha1 = await verifyContent(
      source,
      { ...expected, sha1: config.verifyCopy === "sha1", onProgress: progress.report("verifying") },
      signal,
    );
    await unchangedSince(source, before);
    const { format, virtualSizeBytes } = finding;
    const disk = {
      path: job.source.path,
      format,
      sizeBytes: sourceBytes,
      virtualSizeBytes,
      warnings: reportWarnings(log, finding.warnings),
    };
    return sha1 === undefined ? disk : { ...disk, sha1 };
  }

  await using attempt = await Attempt.begin(directory, job.id, clock);
  const make = async (stop: AbortSignal) => {
    const image = await unpackImage(
      source,
      finding,
      { workspace: attempt, config, onProgress: progress.report("unpacking") },
      stop,
    );
    if (image.file !== undefined) {
      reportFinding(log, image.inspection, sourceBytes);
    }
    const output = await produceDisk(
      image,
      { workspace: attempt, config, onProgress: progress.report("converting") },
      stop,
    );
    await output.handle.sync(); // not at the end only: the digests may still take a while
    return { output, inspection: image.inspection };
  };
  const { output, inspection } = await alongside(
    (stop) => verifyContent(source, expected, stop),
    make,
    signal,
  );
  await unchangedSince(source, before);
  const { sizeBytes, guest } = await inspectOutput(output, config, inspection, signal);
  const warnings = reportWarnings(log, withGuest(inspection, guest).warnings);
  const path = await attempt.finish(output, config.format, warnings);
  const { virtualSizeBytes } = inspection;
  log.info({ path, sizeBytes, virtualSizeBytes }, "image converted");
  return { path, format: config.format, sizeBytes, virtualSizeBytes, warnings };
}

function reportFinding(log: Needed["log"], finding: Finding, sourceBytes: number): void {
  const { container, packing, member, chosenBy, otherDisks } = finding;
  const disk =
    finding.packing === undefined
      ? {
          format: finding.format,
          subformat: finding.subformat,
          virtualSizeBytes: finding.virtualSizeBytes,
          evidence: finding.evidence,
        }
      : {};
  log.info({ container, packing, member, chosenBy, ...disk, sourceBytes }, "image inspected");
  if (otherDisks.length > 0) {
    log.info({ member, otherDisks }, "the appliance has further disks, which are not registered");
  }
}

/**
 * Tells what is unusual about an image that is taken: when that is certain, and before its disk is finished, since whoever takes over
 * a finished disk does not look again. So the log has it once, or once more after a crash in between.
 * @returns the codes
 */
function reportWarnings(log: Needed["log"], warnings: readonly Warning[]): readonly string[] {
  for (const { code, sentence, facts } of warnings) {
    log.warn({ warning: code, facts }, sentence);
  }
  return codesOf(warnings);
}
