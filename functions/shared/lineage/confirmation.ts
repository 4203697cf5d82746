import type { Job } from "../../job/job.ts";
import type { Config } from "../settings/config.ts";
import type { Deps } from "../step/deps.ts";
import { RetryLater } from "../step/errors.ts";
import type { Image } from "../opennebula/opennebula.ts";
import { CONFIRMED, STATE, SUPERSEDED_BY } from "./attributes.ts";
import { freshImage } from "./fresh-look.ts";
import { isRetired } from "./lineage.ts";
import { isRenamed } from "./retired-name.ts";
import { sayRetired } from "./retired-state.ts";
import { isUnrestored } from "./rights.ts";

/*
 * OpenNebula has no compare-and-set. A broker that restarts can let two jobs of one identifier run at the same time, one that confirms
 * the live image and one that retires it, each after a look at what was there before the other. So each of them first writes what
 * the other one never writes, and then looks at what the other one writes:
 *
 *   confirm   C: CONFIRMED     look: marked or renamed?
 *   retire    M: the mark      look: CONFIRMED since?       rename
 *
 * C before the look of `retire`: it takes its mark off and its job starts afresh, and the guards decide, with what both have written.
 * C after it, and so after M: `confirm` sees the mark or the new name. It waits until either the mark is off, or the new name is there
 * and its own job starts afresh. When neither comes for as long as an attempt can last that has begun before C, nobody is left to
 * rename the image, and `confirm` takes the mark off. An attempt that begins after C knows of it from its first look.
 *
 * Who is killed between two of these calls, or delivered again, begins with such a look too. The time of C is in an attribute of its
 * own, so that neither overwrites the other's; the later one of both counts (`eventTime`).
 */

/**
 * The second half of a mark.
 * @param image as it was when its retirement was decided
 * @throws RetryLater when the image was confirmed since then; the mark is off again
 * @throws RetryLater when it was renamed since then: mostly by another job, whose own image has the NAME now
 */
export async function yieldToOthers(
  image: Image,
  job: Job,
  deps: Deps,
  signal: AbortSignal,
): Promise<void> {
  const now = await freshImage(image.id, deps, signal);
  if (now !== undefined && now.name !== image.name) {
    throw new RetryLater(`image ${image.id}: renamed while it was being retired`, {
      afterSeconds: 1,
    });
  }
  if (now === undefined || now.attributes.get(CONFIRMED) === image.attributes.get(CONFIRMED)) {
    return;
  }
  if (now.attributes.get(SUPERSEDED_BY) === job.id) {
    await unmark(now, deps, signal);
  }
  throw new RetryLater(`image ${image.id}: confirmed while it was being retired`, {
    afterSeconds: 1,
  });
}

/**
 * The second half of a confirmation.
 * @param image as it was before it was confirmed
 * @returns what its state attribute says when nobody retires it any more
 * @throws RetryLater when it was renamed or deleted
 */
export async function outlastRetirement(
  image: Image,
  deps: Deps,
  signal: AbortSignal,
): Promise<string | undefined> {
  const longestMs = longestAttemptMs(deps.config);
  for (let waitedMs = 0; ; waitedMs += PAUSE_MS) {
    const now = await deps.opennebula.image(image.id, signal);
    if (now?.name !== image.name) {
      throw new RetryLater(`image ${image.id}: renamed or deleted while it was confirmed`, {
        afterSeconds: 1,
      });
    }
    if (!isRetired(now)) {
      return now.attributes.get(STATE);
    }
    await (waitedMs < longestMs ? deps.clock.sleep(PAUSE_MS, signal) : unmark(now, deps, signal)); // and then one more look
  }
}

/**
 * Takes the mark of a retirement off an image. When another job has renamed the image in the same moment, it was the other's mark: the
 * image gets it back.
 * @returns its state then: pending when it has yet to get the rights that the mark holds; undefined when it was renamed
 */
export async function unmark(
  image: Image,
  deps: Deps,
  signal: AbortSignal,
): Promise<"pending" | "live" | undefined> {
  const state = isUnrestored(image) ? "pending" : "live";
  const attributes = new Map([
    [STATE, state],
    [SUPERSEDED_BY, ""],
  ]);
  await deps.opennebula.append(image.id, attributes, signal);
  const now = await freshImage(image.id, deps, signal);
  if (now !== undefined && now.name !== image.name && isRenamed(now, deps.config)) {
    await sayRetired(now, deps, signal);
    return undefined;
  }
  deps.log.info({ imageId: image.id, state }, "the live image is not retired after all");
  return state;
}

/** How long an attempt can change something after it has looked, though its message has gone to somebody else meanwhile. */
export function longestAttemptMs({ leaseSeconds }: Pick<Config, "leaseSeconds">): number {
  return (leaseSeconds + LAST_CALL_SECONDS) * 1000;
}

const PAUSE_MS = 2000;
/** What a lease's last call takes at most until it is given up (30 s), and until it has its effect all the same (a minute). */
const LAST_CALL_SECONDS = 90;
