import type { Job } from "../../job/job.ts";
import type { Deps } from "../step/deps.ts";
import type { Image } from "../opennebula/opennebula.ts";
import { STATE, SUPERSEDED_BY } from "./attributes.ts";
import { unmark } from "./confirmation.ts";
import { freshImage } from "./fresh-look.ts";
import { isRetired, retiredBy, type Lineage } from "./lineage.ts";
import { endRenamed } from "./retire.ts";
import { isRenamed } from "./retired-name.ts";
import { sayRetired } from "./retired-state.ts";

/**
 * Ends what earlier attempts of a job have begun that is not wanted any more: images that they have renamed are locked away, and one
 * that they have only marked is not retired after all, unless another one has taken its place since.
 * @returns the live image when its rights and state are to be restored, be it that an attempt has ended before it told so
 */
export async function endRetirement(
  job: Job,
  lineage: Lineage,
  deps: Deps,
  signal: AbortSignal,
): Promise<Image | undefined> {
  const { live, images } = lineage;
  let state = live?.attributes.get(STATE);
  for (const image of retiredBy(job, lineage)) {
    if (image === live || (live === undefined && !isRenamed(image, deps.config))) {
      state = await unmarkOwn(image, job, deps, signal);
    } else {
      await endRenamed(image, undefined, deps, signal);
      await (live === undefined ? sayExpired(image, deps, signal) : undefined);
    }
  }
  for (const image of images) {
    if (image !== live && !isRetired(image) && isRenamed(image, deps.config)) {
      await sayRetired(image, deps, signal); // an attempt has taken the mark off, and was not answered in time
    }
  }
  return state === "pending" ? live : undefined;
}

/** No other image takes the place of this one: its rights are those of the next one. */
async function sayExpired(image: Image, deps: Deps, signal: AbortSignal): Promise<void> {
  if (image.attributes.get(STATE) === "superseded") {
    await deps.opennebula.append(image.id, new Map([[STATE, "expired"]]), signal);
  }
}

/** Takes the job's mark off the live image, unless another job has taken its place, or is about to, since it was looked at. */
async function unmarkOwn(
  image: Image,
  job: Job,
  deps: Deps,
  signal: AbortSignal,
): Promise<string | undefined> {
  const now = await freshImage(image.id, deps, signal);
  const isOurs = now?.name === image.name && now.attributes.get(SUPERSEDED_BY) === job.id;
  return isOurs ? await unmark(now, deps, signal) : undefined;
}
