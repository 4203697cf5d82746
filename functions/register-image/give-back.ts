import type { AvailableJob } from "../job/job.ts";
import type { Deps } from "../shared/step/deps.ts";
import { RetryLater } from "../shared/step/errors.ts";
import { EVENT_TIME } from "../shared/lineage/attributes.ts";
import { hasTemporaryName, isRetired, successorOf } from "../shared/lineage/lineage.ts";
import { wasLockedAway } from "../shared/lineage/lock-away.ts";
import { rename } from "../shared/lineage/retire.ts";

/**
 * Gives the NAME back when OpenNebula has renamed an image so late that it had become live by another attempt and been replaced, or
 * expired, before. One that is only marked keeps the NAME: who has marked it is about to rename it, or will be delivered again.
 * @throws RetryLater when it did
 */
export async function giveBack(
  id: number,
  job: AvailableJob,
  deps: Deps,
  signal: AbortSignal,
): Promise<void> {
  const images = await deps.opennebula.imagesOf(job.identifier, signal);
  const image = images.find((one) => one.id === id);
  if (image === undefined || image.name !== job.identifier || !isRetired(image)) {
    return;
  }
  const successor = successorOf(image, images);
  const isReplaced = successor === undefined ? wasLockedAway(image) : !hasTemporaryName(successor);
  if (isReplaced) {
    const state = successor === undefined ? "expired" : "superseded";
    const eventTime = image.attributes.get(EVENT_TIME) ?? job.eventTime;
    await rename(image, state, { ...job, eventTime }, deps, signal);
    throw new RetryLater(`image ${id}: was replaced before it took its NAME`);
  }
}
