import type { ExpiredJob } from "../job/job.ts";
import type { Settled } from "../job/outcome.ts";
import type { Deps } from "../shared/step/deps.ts";
import { RetryLater } from "../shared/step/errors.ts";
import { EVENT_TIME, EXPIRY_UNKNOWN_SINCE, STALE_SINCE } from "../shared/lineage/attributes.ts";
import { isTakenBack } from "../shared/lineage/guards.ts";
import {
  eventTime,
  isWaiting,
  lineageOf,
  newest,
  retiredBy,
  type Lineage,
} from "../shared/lineage/lineage.ts";
import { isHalfExpired } from "../shared/lineage/lock-away.ts";
import { endRenamed, lockAwayRetired, rename, retire } from "../shared/lineage/retire.ts";
import { isRenamed } from "../shared/lineage/retired-name.ts";
import type { Image } from "../shared/opennebula/opennebula.ts";
import { superseded } from "./superseded.ts";

type Outcome = Settled["outcome"];

/**
 * Retires the live image when its identifier is endorsed no more. vmcatcher announces an expiry before every update too: then
 * the image stays, and a note tells since when a successor is due. When vmcatcher could not be asked, the setting decides.
 */
export async function handleExpired(
  job: ExpiredJob,
  deps: Deps,
  signal: AbortSignal,
): Promise<Outcome> {
  const pool = await deps.opennebula.imagesOf(job.identifier, signal);
  const lineage = withoutClone(job, lineageOf(job.identifier, pool));
  if (await isTakenBack(job, lineage, deps, signal)) {
    return await superseded(job, lineage, deps, signal);
  }
  const { live } = lineage;
  if (live !== undefined && job.subscription === "subscribed") {
    return await note(STALE_SINCE, live, job, deps, signal);
  }
  if (
    live !== undefined &&
    job.subscription === "unknown" &&
    deps.config.expireUnknown === "keep"
  ) {
    deps.log.info(
      { imageId: live.id },
      "kept: vmcatcher could not say whether the image is still subscribed",
    );
    return await note(EXPIRY_UNKNOWN_SINCE, live, job, deps, signal);
  }
  if (job.subscription === "subscribed") {
    return await end(job, lineage, deps, signal);
  }
  await leaveTime(job, lineage, deps, signal);
  const outcome = await end(job, lineage, deps, signal);
  await assertNothingFollows(job, deps, signal);
  return outcome;
}

/** Once the job has retired an image, another that only says that it is live is a clone that a user has made of it. */
function withoutClone(job: ExpiredJob, lineage: Lineage): Lineage {
  const { live } = lineage;
  const isClone = live?.name !== job.identifier && retiredBy(job, lineage).length > 0;
  return isClone ? { ...lineage, live: undefined } : lineage;
}

async function end(
  job: ExpiredJob,
  lineage: Lineage,
  deps: Deps,
  signal: AbortSignal,
): Promise<Outcome> {
  const { live } = lineage;
  if (live !== undefined) {
    await retire(live, "expired", job, deps, signal);
    await lockAwayRetired(job, lineage, undefined, deps, signal); // others, by an attempt that ended before
    return { kind: "expired" };
  }
  // Of this job, which is delivered again, or of one that was lost with its queue.
  const begun = new Set([...retiredBy(job, lineage), ...lineage.images.filter(isHalfExpired)]);
  for (const image of begun) {
    if (!isRenamed(image, deps.config)) {
      // Somebody had given it another name: only its retired name tells later attempts that its rights are taken from it.
      await rename(image, "expired", job, deps, signal);
    }
    await endRenamed(image, undefined, deps, signal);
  }
  return { kind: begun.size > 0 ? "expired" : "nothing-to-expire" };
}

/*
 * An older announcement may still be on its way: held up by a retry, or at work in this moment, after a look at what was there before.
 * So the expiry first leaves its time on all that this announcement will look at, and looks itself afterwards. Either it sees the
 * image that has taken the NAME meanwhile, or restore-permissions sees the time on that image (expired-at.ts).
 */

/**
 * The time is left on images that wait for the NAME, and where nothing is live on the newest one besides. Before an update none is:
 * that announcement may be between its two renames, and until the update is there the identifier needs its image.
 */
async function leaveTime(
  job: ExpiredJob,
  { live, images }: Lineage,
  deps: Deps,
  signal: AbortSignal,
): Promise<void> {
  const last = live === undefined ? newest(images.filter((image) => !isWaiting(image))) : undefined;
  for (const image of images) {
    if ((isWaiting(image) || image === last) && eventTime(image) < job.eventTime) {
      await deps.opennebula.append(image.id, new Map([[EVENT_TIME, job.eventTime]]), signal);
    }
  }
}

/** @throws RetryLater when an older announcement was at work meanwhile */
async function assertNothingFollows(
  job: ExpiredJob,
  deps: Deps,
  signal: AbortSignal,
): Promise<void> {
  const { images } = lineageOf(
    job.identifier,
    await deps.opennebula.imagesOf(job.identifier, signal),
  );
  const older = images.find((image) =>
    image.name === job.identifier // others may be clones that users have made, with all attributes
      ? eventTime(image) <= job.eventTime
      : isWaiting(image) && eventTime(image) < job.eventTime,
  );
  if (older !== undefined) {
    throw new RetryLater(`image ${older.id}: an older announcement was at work meanwhile`, {
      afterSeconds: 1,
    });
  }
}

async function note(
  name: string,
  live: Image,
  job: ExpiredJob,
  deps: Deps,
  signal: AbortSignal,
): Promise<Outcome> {
  if (!live.attributes.has(name)) {
    await deps.opennebula.append(live.id, new Map([[name, job.eventTime]]), signal);
  }
  return { kind: "kept" };
}
