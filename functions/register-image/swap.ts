import type { AvailableJob } from "../job/job.ts";
import type { Rights } from "../job/rights.ts";
import type { Deps } from "../shared/step/deps.ts";
import { GiveUp, RetryLater } from "../shared/step/errors.ts";
import { RpcFault } from "../shared/opennebula/rpc-errors.ts";
import { CONFIRMED, REMEMBERED, STATE } from "../shared/lineage/attributes.ts";
import { IDENTIFIER } from "../job/identifier.ts";
import { isHeldUp } from "../shared/lineage/fresh-look.ts";
import { retiredBy, type Lineage } from "../shared/lineage/lineage.ts";
import { endRenamed, lockAwayRetired, mark, rename } from "../shared/lineage/retire.ts";
import { isRenamed } from "../shared/lineage/retired-name.ts";
import {
  inheritedRights,
  rememberedRights,
  rightsOf,
  rightsText,
} from "../shared/lineage/rights.ts";
import { isNameTaken, takenBy } from "../shared/opennebula/faults.ts";
import type { Image } from "../shared/opennebula/opennebula.ts";
import { giveBack } from "./give-back.ts";

/** Everything that a swap starts from. */
export interface Swap {
  readonly job: AvailableJob;
  /** The complete new image, still under its temporary name or already under the identifier's. */
  readonly pending: Image;
  readonly lineage: Lineage;
  /** All images that have the identifier as NAME or attribute, of the same look at OpenNebula as the lineage. */
  readonly pool: readonly Image[];
  /** What step A saw; counts only when the image it belonged to has vanished since. */
  readonly captured: Rights | undefined;
}

/**
 * Lets the new image take the identifier's NAME.
 *
 * The rights are written on the new image first and the old one is marked before it is renamed, so a second attempt can tell
 * how far the first one came. The two renames follow each other directly: between them the identifier has no image of its
 * NAME, and nothing that may be slow or refused (chown, chmod, disable) is done in that instant.
 *
 * @throws GiveUp `name-taken` when a foreign image of the service user has the NAME; nothing was changed then
 * @throws RetryLater when an image that is being deleted has it, or when another attempt was faster
 */
export async function swap(
  { job, pending, lineage, pool, captured }: Swap,
  deps: Deps,
  signal: AbortSignal,
): Promise<void> {
  const old =
    lineage.live?.id === pending.id ? undefined : (lineage.live ?? markedOnly(job, lineage, deps));
  assertNameIsFree(job, pending, old, pool);
  if (pending.name !== job.identifier) {
    await remember(
      pending,
      old === undefined ? rightsWithoutOld(pending, lineage, captured) : rightsOf(old),
      deps,
      signal,
    );
    if (old !== undefined) {
      await mark(old, "superseded", job, deps, signal);
      await makeWay(old, pending, job, deps, signal);
    }
    if (await isHeldUp(() => takeName(job, pending, old, deps, signal), deps.clock)) {
      await giveBack(pending.id, job, deps, signal);
    }
  }
  if (old !== undefined) {
    await endRenamed(old, heir(pending), deps, signal);
  }
  await lockAwayRetired(job, lineage, heir(pending), deps, signal);
}

/**
 * Renames the old image.
 * @throws RetryLater when that took long and something has happened meanwhile: another attempt was faster, or the old image was
 *   confirmed, which has the NAME again then
 */
async function makeWay(
  old: Image,
  pending: Image,
  job: AvailableJob,
  deps: Deps,
  signal: AbortSignal,
): Promise<void> {
  const { clock, opennebula } = deps;
  if (!(await isHeldUp(() => rename(old, "superseded", job, deps, signal), clock))) {
    return;
  }
  const oldNow = await opennebula.image(old.id, signal);
  const pendingNow = await opennebula.image(pending.id, signal);
  if (pendingNow?.name !== pending.name) {
    throw new RetryLater(`image ${pending.id}: took its NAME meanwhile`, { afterSeconds: 1 });
  }
  if (oldNow !== undefined && oldNow.attributes.get(CONFIRMED) !== old.attributes.get(CONFIRMED)) {
    await opennebula.rename(old.id, job.identifier, signal);
    throw new RetryLater(`image ${old.id}: confirmed while it was renamed`, { afterSeconds: 1 });
  }
}

/** The image that took the NAME, as long as it has yet to get its rights: then it gets what the old one was given last. */
export function heir(image: Image): Image | undefined {
  return image.attributes.get(STATE) === "pending" ? image : undefined;
}

/** The old image, when an earlier attempt has marked it and somebody has renamed it by hand since: its NAME does not tell any more. */
function markedOnly(
  job: AvailableJob,
  lineage: Lineage,
  { config }: Pick<Deps, "config">,
): Image | undefined {
  return retiredBy(job, lineage).find((image) => !isRenamed(image, config));
}

function assertNameIsFree(
  job: AvailableJob,
  pending: Image,
  old: Image | undefined,
  pool: readonly Image[],
): void {
  const holder = pool.find(
    ({ id, uid, name }) =>
      name === job.identifier && uid === pending.uid && id !== pending.id && id !== old?.id,
  );
  if (holder?.state === "DELETE") {
    throw new RetryLater(`image ${holder.id}: has the name ${job.identifier} until it is deleted`);
  }
  if (holder !== undefined) {
    throw new GiveUp(
      "name-taken",
      `image ${holder.id} of ${holder.uname} has the name ${job.identifier} but does not come from vmcatcher: rename or delete it, then replay`,
      { facts: { imageId: holder.id } },
    );
  }
}

/** An attempt that ended between the renames has written the rights down already; after an expiry the expired image has them. */
function rightsWithoutOld(
  pending: Image,
  lineage: Lineage,
  captured: Rights | undefined,
): Rights | undefined {
  return rememberedRights(pending) ?? inheritedRights(lineage) ?? captured;
}

/** @throws RetryLater when that took long: the old image may not be any more what the swap was decided on */
async function remember(
  pending: Image,
  rights: Rights | undefined,
  deps: Deps,
  signal: AbortSignal,
): Promise<void> {
  if (rights === undefined || pending.attributes.get(REMEMBERED) === rightsText(rights)) {
    return;
  }
  const noted = new Map([[REMEMBERED, rightsText(rights)]]);
  if (await isHeldUp(() => deps.opennebula.append(pending.id, noted, signal), deps.clock)) {
    throw new RetryLater(`image ${pending.id}: took long to note its rights`, { afterSeconds: 1 });
  }
}

async function takeName(
  job: AvailableJob,
  pending: Image,
  old: Image | undefined,
  deps: Deps,
  signal: AbortSignal,
): Promise<void> {
  try {
    await deps.opennebula.rename(pending.id, job.identifier, signal);
  } catch (error) {
    if (!(error instanceof RpcFault && isNameTaken(error))) {
      throw error;
    }
    const winner = takenBy(error);
    const image = winner === undefined ? undefined : await deps.opennebula.image(winner, signal);
    if (old !== undefined && image?.attributes.get(IDENTIFIER) !== job.identifier) {
      await deps.opennebula.rename(old.id, job.identifier, signal); // no image of ours won the race: the old one stays live
    }
    throw new RetryLater(`image name ${job.identifier}: taken in this moment: ${error.message}`, {
      cause: error,
    });
  }
}
