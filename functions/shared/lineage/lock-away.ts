import type { Rights } from "../../job/rights.ts";
import type { Deps } from "../step/deps.ts";
import { RpcFault } from "../opennebula/rpc-errors.ts";
import { isNameTaken, isWrongState } from "../opennebula/faults.ts";
import type { Image } from "../opennebula/opennebula.ts";
import { DISABLE, STATE } from "./attributes.ts";
import { rememberedRights } from "./rights.ts";

/** Hands the image to oneadmin, closes it for everybody else and disables it, now or (noted) when no VM uses it any more. */
export async function lockAway(id: number, deps: Deps, signal: AbortSignal): Promise<void> {
  const image = await deps.opennebula.image(id, signal);
  if (image === undefined) {
    return; // somebody deleted it, which is more than was asked
  }
  if (!isOneadmins(image)) {
    await chownRetired(image, deps, signal);
  }
  if (image.mode !== RETIRED_MODE) {
    await deps.opennebula.chmod(id, RETIRED_MODE, signal);
  }
  await disable(image, deps, signal);
}

/**
 * Disables an image, or notes on it that this is to be done as soon as no VM uses it. One in ERROR is left as it is: no VM can use it, and
 * disabling it would hide the error.
 */
export async function disable(image: Image, deps: Deps, signal: AbortSignal): Promise<void> {
  if (image.state === "DISABLED" || image.state === "ERROR") {
    return;
  }
  if (image.state === "READY") {
    try {
      await deps.opennebula.enable(image.id, false, signal);
      return;
    } catch (error) {
      if (!(error instanceof RpcFault && isWrongState(error))) {
        throw error; // a VM may have started since the state was read
      }
    }
  }
  if (image.attributes.get(DISABLE) !== "pending") {
    await deps.opennebula.append(image.id, new Map([[DISABLE, "pending"]]), signal);
    deps.log.info(
      { imageId: image.id, state: image.state },
      "in use: will be disabled when it is free",
    );
  }
}

/** Whether `lockAway` was done, or a person has given the image other rights since: what it remembers is not what it has. */
export function wasLockedAway(image: Image): boolean {
  const before = rememberedRights(image);
  return (
    before === undefined ||
    (before.uid === ONEADMIN && before.gid === ONEADMIN && before.mode === RETIRED_MODE) ||
    before.uid !== image.uid ||
    before.gid !== image.gid ||
    before.mode !== image.mode
  );
}

/** Whether an image was expired by an attempt that ended before it locked it away. */
export function isHalfExpired(image: Image): boolean {
  return image.attributes.get(STATE) === "expired" && !wasLockedAway(image);
}

/** What it has now is not from an administrator, but from another attempt of the job, which is further. */
export function isBeingLockedAway(now: Image, before: Pick<Rights, "uid" | "gid">): boolean {
  return now.mode === RETIRED_MODE || (isOneadmins(now) && !isOneadmins(before));
}

function isOneadmins({ uid, gid }: Pick<Rights, "uid" | "gid">): boolean {
  return uid === ONEADMIN && gid === ONEADMIN;
}

async function chownRetired(image: Image, deps: Deps, signal: AbortSignal): Promise<void> {
  try {
    await deps.opennebula.chown(image.id, ONEADMIN, ONEADMIN, signal);
  } catch (error) {
    if (!(error instanceof RpcFault && isNameTaken(error))) {
      throw error;
    }
    // oneadmin has an image of the retired name already: the version that another owner had in the same second.
    await deps.opennebula.rename(image.id, `${image.name}_${image.id}`, signal);
    await deps.opennebula.chown(image.id, ONEADMIN, ONEADMIN, signal);
  }
}

const ONEADMIN = 0; // uid and gid of oneadmin in every OpenNebula
const RETIRED_MODE = "700";
