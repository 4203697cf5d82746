import type { Job } from "../../job/job.ts";
import type { Rights } from "../../job/rights.ts";
import type { Config } from "../settings/config.ts";
import type { Deps } from "../step/deps.ts";
import { RpcFault } from "../opennebula/rpc-errors.ts";
import { isNameTaken } from "../opennebula/faults.ts";
import type { Image } from "../opennebula/opennebula.ts";
import { EVENT_TIME, REMEMBERED, STATE, SUPERSEDED_BY } from "./attributes.ts";
import { IDENTIFIER } from "../../job/identifier.ts";
import { yieldToOthers } from "./confirmation.ts";
import { isRetired, retiredBy, type Lineage } from "./lineage.ts";
import { isBeingLockedAway, lockAway } from "./lock-away.ts";
import { sayRetired } from "./retired-state.ts";
import { retiredName } from "./retired-name.ts";
import {
  isUnrestored,
  rememberedRights,
  rightsOf,
  rightsText,
  rightsToRemember,
} from "./rights.ts";

/*
 * An image is retired in three parts, each of which can be repeated:
 *   mark      attributes tell who retired it, why and when, and what rights it had
 *   rename    the identifier's NAME becomes free
 *   lockAway  oneadmin:oneadmin, 700, disabled
 * Rename comes before chown: the other order collides whenever oneadmin owns an image of that name.
 */

export type RetiredState = "superseded" | "expired";

/** All three parts, for an image whose place nobody takes in the same moment. */
export async function retire(
  image: Image,
  state: RetiredState,
  job: Job,
  deps: Deps,
  signal: AbortSignal,
): Promise<void> {
  await mark(image, state, job, deps, signal);
  await rename(image, state, job, deps, signal);
  await endRenamed(image, undefined, deps, signal);
}

/**
 * The last part, for an image that this attempt or an earlier one has renamed. The rights that it was given until then are noted
 * first: on the image that takes its place, and when they are safe there, on itself.
 * @param heir the image that takes its place, as long as it has yet to get its rights
 */
export async function endRenamed(
  image: Image,
  heir: Image | undefined,
  deps: Deps,
  signal: AbortSignal,
): Promise<void> {
  const now = await deps.opennebula.image(image.id, signal);
  if (now === undefined) {
    return;
  }
  await sayRetired(now, deps, signal);
  const changed = rightsGivenSince(image, now);
  if (changed !== undefined) {
    for (const { id } of heir === undefined ? [image] : [heir, image]) {
      await deps.opennebula.append(id, new Map([[REMEMBERED, rightsText(changed)]]), signal);
    }
  }
  await lockAway(image.id, deps, signal);
}

/**
 * What an administrator has made of an image's rights between our look at it, or its mark, and its renaming; from then on it is
 * not hers to give.
 * @returns undefined when nothing has changed, and for an image whose rights are not restored yet: there, what it remembers counts
 */
function rightsGivenSince(image: Image, now: Image): Rights | undefined {
  // An attempt that was interrupted may have marked the image when it had others.
  const noted = (isRetired(image) ? rememberedRights(image) : undefined) ?? rightsOf(image);
  const hasNotTheName = image.name !== image.attributes.get(IDENTIFIER);
  const before = hasNotTheName || isUnrestored(image) ? noted : image;
  if (isUnrestored(now) || isBeingLockedAway(now, before)) {
    return undefined;
  }
  const rights = rightsOf(now);
  return rightsText(rights) === rightsText(noted) ? undefined : rights;
}

/**
 * Marks the image; the attributes alone change nothing for its users.
 * @throws RetryLater when the image was confirmed or renamed since it was looked at
 */
export async function mark(
  image: Image,
  state: RetiredState,
  job: Job,
  deps: Deps,
  signal: AbortSignal,
): Promise<void> {
  if (image.attributes.get(SUPERSEDED_BY) !== job.id) {
    const attributes = new Map([
      [STATE, state],
      [SUPERSEDED_BY, job.id],
      [EVENT_TIME, job.eventTime],
      [REMEMBERED, rightsToRemember(image)],
    ]);
    await deps.opennebula.append(image.id, attributes, signal);
  }
  await yieldToOthers(image, job, deps, signal);
}

/** Gives the image its retired name. The name comes from the event's time, so that a repetition arrives at the same one. */
export async function rename(
  image: Image,
  state: RetiredState,
  job: Job,
  deps: Deps,
  signal: AbortSignal,
): Promise<void> {
  const [name, other] = retiredNames(image, state, job, deps.config);
  if (hasRetiredName(image, state, job, deps.config)) {
    return;
  }
  try {
    await deps.opennebula.rename(image.id, name, signal);
  } catch (error) {
    if (!(error instanceof RpcFault && isNameTaken(error))) {
      throw error;
    }
    await deps.opennebula.rename(image.id, other, signal);
  }
}

/** Whether the image has the name already that `rename` gives. */
function hasRetiredName(image: Image, state: RetiredState, job: Job, config: Config): boolean {
  return retiredNames(image, state, job, config).includes(image.name);
}

/** The second is for two versions that are retired within one second. */
function retiredNames(
  { id }: Image,
  state: RetiredState,
  job: Job,
  config: Config,
): readonly [string, string] {
  const name = retiredName(pattern(state, config), job.identifier, new Date(job.eventTime));
  return [name, `${name}_${id}`];
}

/** Locks away what earlier attempts of the job have renamed. @param heir as of `endRenamed` */
export async function lockAwayRetired(
  job: Job,
  lineage: Lineage,
  heir: Image | undefined,
  deps: Deps,
  signal: AbortSignal,
): Promise<void> {
  for (const image of retiredBy(job, lineage)) {
    if (image !== lineage.live) {
      await endRenamed(image, heir, deps, signal);
    }
  }
}

function pattern(state: RetiredState, config: Config): string {
  return state === "superseded" ? config.supersededName : config.expiredName;
}
