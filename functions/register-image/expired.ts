import type { ExpiredJob } from "../capture-metadata/message.ts";
import type { Message as RestoreMessage } from "../restore-permissions/message.ts";
import type { Deps } from "../shared/deps.ts";
import { EVENT_TIME, EXPIRY_UNKNOWN_SINCE, STALE_SINCE } from "../shared/lineage/attributes.ts";
import { isTakenBack } from "../shared/lineage/guards.ts";
import {
  eventTime,
  lineageOf,
  newest,
  retiredBy,
  type Lineage,
} from "../shared/lineage/lineage.ts";
import { isHalfExpired } from "../shared/lineage/lock-away.ts";
import { endRenamed, retire } from "../shared/lineage/retire.ts";
import type { Image } from "../shared/opennebula/opennebula.ts";
import { superseded } from "./superseded.ts";

type Outcome = RestoreMessage["outcome"];

/**
 * Retires the live image when its identifier is endorsed no more. vmcatcher announces an expiry before every update too: then
 * the image stays, and a note tells since when a successor is due. When vmcatcher could not be asked, the setting decides.
 */
export async function handleExpired(
  job: ExpiredJob,
  deps: Deps,
  signal: AbortSignal,
): Promise<Outcome> {
  const lineage = lineageOf(job.identifier, await deps.opennebula.imagesOf(job.identifier, signal));
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
  if (live !== undefined) {
    await retire(live, "expired", job, deps, signal);
    return { kind: "expired" };
  }
  // Of this job, which is delivered again, or of one that was lost with its queue.
  const begun = new Set([...retiredBy(job, lineage), ...lineage.images.filter(isHalfExpired)]);
  for (const image of begun) {
    await endRenamed(image, undefined, deps, signal);
  }
  if (job.subscription !== "subscribed") {
    await leaveTime(job, lineage, deps, signal);
  }
  return { kind: begun.size > 0 ? "expired" : "nothing-to-expire" };
}

/**
 * Nothing was live, but an older announcement may still be on its way, held up by a retry: the time of the expiry stays on the
 * newest image that there is, so that it comes too late. Before an update it does not: that announcement may be between its two
 * renames, and until the update is there the identifier needs its image.
 */
async function leaveTime(
  job: ExpiredJob,
  lineage: Lineage,
  deps: Deps,
  signal: AbortSignal,
): Promise<void> {
  const image = newest(lineage.images);
  if (image !== undefined && eventTime(image) < job.eventTime) {
    await deps.opennebula.append(image.id, new Map([[EVENT_TIME, job.eventTime]]), signal);
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
