import type { AvailableJob } from "../job/job.ts";
import type { Deps } from "../shared/step/deps.ts";
import { longestAttemptMs } from "../shared/lineage/confirmation.ts";
import { freshLook } from "../shared/lineage/fresh-look.ts";
import { hasTemporaryName, lineageOf, type Lineage } from "../shared/lineage/lineage.ts";
import type { Image } from "../shared/opennebula/opennebula.ts";

/*
 * Two announcements of one identifier can be at work at once: a broker that restarts forgets that one was to follow the other. Each of
 * them would take the old image's place, and as soon as the first one's image has another owner, OpenNebula lets both have the NAME.
 *
 * So they take turns, and the ids of their images are the tickets, which OpenNebula hands out one by one: nobody swaps as long as an
 * image with a lower id waits. Who holds that ticket has either not looked yet, and will find things as they are then, or is at
 * work. Each of them is waited for as long as an attempt can last; a ticket that is still there then is of a job that has ended
 * without an end. Two that wait for the same one would go at the same time if the second did not wait for the first of them, too.
 * What waits is told by its temporary name: a clone of an image whose rights are not restored yet says that it is pending, too.
 */

/** What a swap is decided on. */
export interface Look {
  /** All images that have the identifier as NAME or attribute. */
  readonly pool: readonly Image[];
  readonly lineage: Lineage;
}

/**
 * Waits until it is the turn of a job's image.
 * @param id of the image
 * @returns the look that says so, which is no older than a call
 * @throws GiveUp as `lineageOf`
 */
export async function awaitTurn(
  job: AvailableJob,
  id: number,
  deps: Deps,
  signal: AbortSignal,
): Promise<Look> {
  const { clock, config, log, opennebula } = deps;
  const waitedMs = new Map<number, number>();
  const waitedFor = (image: Image): number => waitedMs.get(image.id) ?? 0;
  for (;;) {
    const pool = await freshLook(() => opennebula.imagesOf(job.identifier, signal), clock);
    const lineage = lineageOf(job.identifier, pool);
    const first = lineage.images.find(
      (image) =>
        image.id < id && hasTemporaryName(image) && waitedFor(image) < longestAttemptMs(config),
    );
    if (first === undefined) {
      return { pool, lineage };
    }
    if (waitedFor(first) === 0) {
      log.info({ imageId: id, first: first.id }, "waits for another update of the image");
    }
    await clock.sleep(PAUSE_MS, signal);
    waitedMs.set(first.id, waitedFor(first) + PAUSE_MS);
  }
}

const PAUSE_MS = 1000;
