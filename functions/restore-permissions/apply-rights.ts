import type { Rights } from "../job/rights.ts";
import type { Deps } from "../shared/step/deps.ts";
import { GiveUp } from "../shared/step/errors.ts";
import { RpcFault } from "../shared/opennebula/rpc-errors.ts";
import { disable } from "../shared/lineage/lock-away.ts";
import { isMissing, isNameTaken, isQuota } from "../shared/opennebula/faults.ts";
import type { Image } from "../shared/opennebula/opennebula.ts";

/**
 * Makes the image's rights those given: disabled first, access last, so that nobody gets in who must not. What the new owner and
 * group may not do is taken away before they are set: a service user's 600 would be more than a wanted 400.
 * Calls are made only for what differs.
 *
 * An owner or group that was deleted meanwhile cannot be restored; the image keeps the service user's, an error is logged.
 *
 * @throws GiveUp `owner-refused` when the owner's quota is full or he has an image of that name; the group has access by then
 */
export async function applyRights(
  image: Image,
  rights: Rights,
  deps: Deps,
  signal: AbortSignal,
): Promise<void> {
  if (rights.disabled) {
    await disable(image, deps, signal);
  }
  const narrow = inCommon(image.mode, rights.mode);
  if (image.mode !== narrow) {
    await deps.opennebula.chmod(image.id, narrow, signal);
  }
  const refusal = await giveTo(image, rights, deps, signal);
  if (narrow !== rights.mode) {
    await deps.opennebula.chmod(image.id, rights.mode, signal);
  }
  if (refusal !== undefined) {
    throw new GiveUp(
      "owner-refused",
      `image ${image.id}: user ${rights.uid} cannot own it: ${refusal.message}; remove what is in the way, then replay`,
      { facts: { imageId: image.id, uid: rights.uid }, cause: refusal },
    );
  }
}

/** The rights that both modes give. */
function inCommon(one: string, other: string): string {
  const bits = Number.parseInt(one, 8) & Number.parseInt(other, 8);
  return bits.toString(8).padStart(3, "0");
}

/** @returns why the owner could not be set, when that can be cured */
async function giveTo(
  image: Image,
  rights: Rights,
  deps: Deps,
  signal: AbortSignal,
): Promise<RpcFault | undefined> {
  const uid = image.uid === rights.uid ? KEEP : rights.uid;
  const gid = image.gid === rights.gid ? KEEP : rights.gid;
  const refusal = await chown(image.id, uid, gid, deps, signal);
  if (refusal === undefined) {
    return undefined;
  }
  // Refused as a whole: one after the other, so that what is possible is done.
  const ofGroup = await chown(image.id, KEEP, gid, deps, signal);
  const ofOwner = await chown(image.id, uid, KEEP, deps, signal);
  for (const fault of [ofGroup, ofOwner]) {
    if (fault !== undefined) {
      deps.log.error(
        { imageId: image.id, uid: rights.uid, gid: rights.gid, reason: fault.message },
        "rights cannot be restored",
      );
    }
  }
  return ofOwner !== undefined && !isMissing(ofOwner, "user") ? ofOwner : undefined;
}

const KEEP = -1;

async function chown(
  id: number,
  uid: number,
  gid: number,
  deps: Deps,
  signal: AbortSignal,
): Promise<RpcFault | undefined> {
  if (uid === KEEP && gid === KEEP) {
    return undefined;
  }
  try {
    await deps.opennebula.chown(id, uid, gid, signal);
    return undefined;
  } catch (error) {
    if (
      error instanceof RpcFault &&
      (isMissing(error, "user") ||
        isMissing(error, "group") ||
        isNameTaken(error) ||
        isQuota(error))
    ) {
      return error;
    }
    throw error;
  }
}
