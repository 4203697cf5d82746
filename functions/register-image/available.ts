import type { AvailableJob } from "../job/job.ts";
import type { Settled } from "../job/outcome.ts";
import type { Deps } from "../shared/step/deps.ts";
import { RetryLater } from "../shared/step/errors.ts";
import { changedAttributes } from "../shared/lineage/announced.ts";
import {
  CONFIRMED,
  EXPIRY_UNKNOWN_SINCE,
  JOB,
  digestAttribute,
  STALE_SINCE,
  STATE,
} from "../shared/lineage/attributes.ts";
import { outlastRetirement } from "../shared/lineage/confirmation.ts";
import { isEndorsed, isWanted } from "../shared/lineage/guards.ts";
import {
  eventTime,
  holds,
  isOutdated,
  isRetired,
  isWaiting,
  lineageOf,
  newerOf,
  retiredBy,
  type Lineage,
} from "../shared/lineage/lineage.ts";
import { lockAwayRetired } from "../shared/lineage/retire.ts";
import type { Image } from "../shared/opennebula/opennebula.ts";
import type { Message } from "./message.ts";
import { completePending, deletePending, deleteUnnamed, findPending } from "./pending.ts";
import { superseded } from "./superseded.ts";
import { heir, swap } from "./swap.ts";
import { awaitTurn } from "./turn.ts";

type Outcome = Settled["outcome"];

/*
 * Create - verify - swap. Nothing happens to the live image until its successor is READY:
 *
 *   nothing ──allocate──▶ pending, LOCKED ──copy──▶ pending, READY ──swap──▶ pending, named U ──restore-permissions──▶ live
 *
 * OpenNebula's attributes are the only record of how far a job came. Each look at them finds the state that the last
 * attempt reached, whichever call was its last, and goes on from there.
 */

/** Brings the announced version into OpenNebula, unless a newer event or the live image makes that needless. */
export async function handleAvailable(
  message: Message & { readonly job: AvailableJob },
  deps: Deps,
  signal: AbortSignal,
): Promise<Outcome> {
  const { job } = message;
  const before = lineageOf(job.identifier, await deps.opennebula.imagesOf(job.identifier, signal));
  if (before.live?.attributes.get(JOB) === job.id) {
    return await finish(job, before.live, before, deps, signal);
  }
  if (!isBetweenRenames(job, before) && !(await isWanted(job, before, deps, signal))) {
    return await giveWay(job, before, deps, signal);
  }
  if (before.live !== undefined && holds(before.live, job.digest)) {
    await deletePending(job, before.images, deps, signal);
    await lockAwayRetired(job, before, heir(before.live), deps, signal);
    return await confirm(job, before.live, deps, signal);
  }
  if (await wasDeletedByHand(message, before, deps, signal)) {
    deps.log.warn(
      "all images of the identifier were deleted by hand: so it stays until it is announced again, by vmcatcher or reconcile",
    );
    return await giveWay(job, before, deps, signal);
  }
  const { id } = await completePending(message, before.images, deps, signal);
  const { pool, lineage } = await awaitTurn(job, id, deps, signal); // the copy took its time: a new look
  const { live } = lineage;
  if (live?.attributes.get(JOB) === job.id && live.id !== id) {
    return await finish(job, live, lineage, deps, signal); // another attempt was faster, with an image of its own
  }
  const pending = lineage.images.find((image) => image.id === id);
  if (pending === undefined) {
    throw new RetryLater(`image ${id}: deleted before it was to take its NAME`);
  }
  // Another attempt was faster, and a newer event was faster than that.
  const wasReplaced = isRetired(pending) && pending !== live;
  const isDue = isBetweenRenames(job, lineage) || (await isWanted(job, lineage, deps, signal));
  if (wasReplaced || !isDue) {
    return await giveWay(job, lineage, deps, signal);
  }
  if (live !== undefined && live !== pending && holds(live, job.digest)) {
    throw new RetryLater(`image ${live.id}: holds this content meanwhile`, { afterSeconds: 1 });
  }
  await swap({ job, pending, lineage, pool, captured: message.previous }, deps, signal);
  return { kind: "registered", imageId: id };
}

/** An earlier attempt made the image live and went no further: what it left undone is done here. */
async function finish(
  job: AvailableJob,
  live: Image,
  lineage: Lineage,
  deps: Deps,
  signal: AbortSignal,
): Promise<Outcome> {
  await deleteUnnamed(job, lineage.images, deps, signal);
  await lockAwayRetired(job, lineage, heir(live), deps, signal);
  return { kind: "registered", imageId: live.id };
}

async function giveWay(
  job: AvailableJob,
  lineage: Lineage,
  deps: Deps,
  signal: AbortSignal,
): Promise<Outcome> {
  const outcome = await superseded(job, lineage, deps, signal);
  await deletePending(job, lineage.images, deps, signal);
  return outcome;
}

/**
 * Whether the image that made a conversion needless is gone, and every other one of the identifier with it. An expiry would have left
 * one; only an administrator does not. To start over would put the job behind newer events, an expiry perhaps, which finds
 * no image to leave its time on: the index alone could tell then that the announcement does not count any more.
 */
async function wasDeletedByHand(
  { job, unchanged, previous }: Message & { readonly job: AvailableJob },
  { images }: Lineage,
  deps: Pick<Deps, "endorsement">,
  signal: AbortSignal,
): Promise<boolean> {
  return (
    unchanged &&
    previous !== undefined &&
    images.length === 0 &&
    !(await isEndorsed(job, deps, signal))
  );
}

/**
 * Whether an earlier attempt has renamed the old image and not yet the new one. vmcatcher may name another content by now, and will
 * announce it, or has done so; until that is there the identifier needs an image, so the swap is finished, unless an expiry came first.
 */
function isBetweenRenames(job: AvailableJob, lineage: Lineage): boolean {
  const pending = findPending(job, lineage.images);
  const others = lineage.images.filter((image) => image === pending || !isWaiting(image));
  return (
    lineage.live === undefined &&
    retiredBy(job, lineage).length > 0 &&
    pending !== undefined &&
    !isOutdated(job, { ...lineage, images: others })
  );
}

/**
 * The content is live already: the event leaves its time on the image, so that no older one can undo it, brings the texts up to
 * date that the list says of the image, and withdraws what was noted against it. An image of the predecessor is adopted by the
 * same call. What another job has begun to make of the image is left to that job, unless it never ends.
 */
async function confirm(
  job: AvailableJob,
  live: Image,
  deps: Deps,
  signal: AbortSignal,
): Promise<Outcome> {
  const attributes = new Map([
    // An old announcement of the same content, repeated, must not bring old texts back.
    ...(job.eventTime < eventTime(live) ? [] : changedAttributes(job.attributes, live)),
    // An old announcement, repeated, must not make room for other old events.
    [CONFIRMED, newerOf(live.attributes.get(CONFIRMED) ?? "", job.eventTime)],
    digestAttribute(job.digest),
  ]);
  for (const note of [STALE_SINCE, EXPIRY_UNKNOWN_SINCE]) {
    if (live.attributes.has(note)) {
      attributes.set(note, "");
    }
  }
  const known = live.attributes.get(STATE);
  if (known !== "live" && known !== "pending" && !isRetired(live)) {
    attributes.set(STATE, "live");
  }
  await deps.opennebula.append(live.id, attributes, signal);
  const state = await outlastRetirement(live, deps, signal);
  // An update whose last step was given up left the image pending: that step gets another chance.
  return state === "pending" ? { kind: "registered", imageId: live.id } : { kind: "unchanged" };
}
