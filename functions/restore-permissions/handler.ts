import type { Job } from "../job/job.ts";
import type { Rights } from "../job/rights.ts";
import type { Deps } from "../shared/step/deps.ts";
import { GiveUp } from "../shared/step/errors.ts";
import { RpcFault } from "../shared/opennebula/rpc-errors.ts";
import { IDENTIFIER } from "../job/identifier.ts";
import { RESTORED, STATE, SUPERSEDED_BY } from "../shared/lineage/attributes.ts";
import { eventTime, isRetired } from "../shared/lineage/lineage.ts";
import { lockAway } from "../shared/lineage/lock-away.ts";
import { retire } from "../shared/lineage/retire.ts";
import { isRenamed } from "../shared/lineage/retired-name.ts";
import { sayRetired } from "../shared/lineage/retired-state.ts";
import { rememberedRights } from "../shared/lineage/rights.ts";
import { takenBy } from "../shared/opennebula/faults.ts";
import type { Image } from "../shared/opennebula/opennebula.ts";
import { removeStaged } from "../shared/staging/staging.ts";
import { applyRights } from "./apply-rights.ts";
import { expiredAt } from "./expired-at.ts";
import type { Message } from "./message.ts";

/**
 * Step E: gives the new image the rights that its predecessor had, then removes what the job has staged.
 *
 * A newer version may take over at any moment. Whoever retires an image and whoever gives it rights can therefore meet on the
 * same image, so its state is looked at before and after, and a retired image is locked away again.
 */
export async function handle(
  { job, outcome }: Message,
  deps: Deps,
  signal: AbortSignal,
): Promise<undefined> {
  if (outcome.kind === "registered") {
    await restore(outcome.imageId, job, deps, signal);
  }
  await removeStaged(deps.config, job);
}

async function restore(id: number, job: Job, deps: Deps, signal: AbortSignal): Promise<void> {
  const image = await deps.opennebula.image(id, signal);
  if (image === undefined) {
    deps.log.info({ imageId: id }, "the image was deleted before its rights were restored");
    return;
  }
  if (isRetired(image)) {
    await retireAgain(image, deps, signal);
  } else if (image.attributes.get(STATE) === "pending") {
    const expiry = await expiredAt(image, job, deps, signal);
    if (expiry !== undefined) {
      deps.log.info({ imageId: id, expiry }, "expired while it took the name");
      await retire(image, "expired", { ...job, eventTime: expiry }, deps, signal);
      return;
    }
    const rights = rememberedRights(image);
    if (rights === undefined || (await giveRights(image, rights, job, deps, signal))) {
      await settle(id, deps, signal);
      deps.log.info(
        { imageId: id, rights },
        rights === undefined ? "image is live" : "rights restored",
      );
    }
  }
}

/** @returns false when the image is not live any more: it was retired meanwhile, or a newer version is live beside it */
async function giveRights(
  image: Image,
  rights: Rights,
  job: Job,
  deps: Deps,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await applyRights(image, rights, deps, signal);
    return true;
  } catch (error) {
    const isFinal = error instanceof GiveUp || error instanceof RpcFault;
    if (isFinal && (await undoIfRetired(image.id, deps, signal))) {
      return false;
    }
    // Two jobs that swapped at the same time: both inherit the same owner, who cannot have two images of the NAME.
    const holder =
      error instanceof GiveUp && error.cause instanceof RpcFault ? takenBy(error.cause) : undefined;
    const other = holder === undefined ? undefined : await deps.opennebula.image(holder, signal);
    if (
      other?.attributes.get(IDENTIFIER) !== job.identifier ||
      eventTime(other) <= eventTime(image)
    ) {
      throw error;
    }
    deps.log.info(
      { imageId: image.id, winner: other.id },
      "a newer version is live beside this one, which is retired",
    );
    await retire(image, "superseded", job, deps, signal);
    return false;
  }
}

/**
 * Clears the note that rights are pending, unless the image was retired while they were applied. What it remembers stays: whoever
 * retires the image in this moment writes it there, and the rights of an expired image are nowhere else.
 */
async function settle(id: number, deps: Deps, signal: AbortSignal): Promise<void> {
  const before = await deps.opennebula.image(id, signal);
  if (before !== undefined && !isRetired(before)) {
    const settled = new Map([
      [STATE, "live"],
      [RESTORED, "yes"],
    ]);
    await deps.opennebula.append(id, settled, signal);
  }
  await undoIfRetired(id, deps, signal);
}

/** Looks whether the image was retired meanwhile; what it was given is taken from it then. */
async function undoIfRetired(id: number, deps: Deps, signal: AbortSignal): Promise<boolean> {
  const image = await deps.opennebula.image(id, signal);
  if (image === undefined || !isRetired(image)) {
    return false;
  }
  await retireAgain(image, deps, signal);
  return true;
}

/**
 * What was given to a retired image is taken from it, and `live`, written in the moment of its retirement, is undone. An image that
 * has not been renamed for it is only marked: it is in use until its successor is there, which gets the rights that it has then.
 * When the mark was taken off in the same moment, `live` was right.
 */
async function retireAgain(image: Image, deps: Deps, signal: AbortSignal): Promise<void> {
  const isOnlyMarked = !isRenamed(image, deps.config);
  if (isOnlyMarked && !image.attributes.has(SUPERSEDED_BY)) {
    await deps.opennebula.append(image.id, new Map([[STATE, "live"]]), signal);
    return;
  }
  if (await sayRetired(image, deps, signal)) {
    const now = await deps.opennebula.image(image.id, signal);
    return now === undefined ? undefined : await retireAgain(now, deps, signal);
  }
  if (!isOnlyMarked) {
    await lockAway(image.id, deps, signal);
  }
}
