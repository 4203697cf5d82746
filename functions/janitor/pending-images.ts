import type { Deps } from "../shared/step/deps.ts";
import { RpcFault } from "../shared/opennebula/rpc-errors.ts";
import { IDENTIFIER } from "../job/identifier.ts";
import { JOB, REMEMBERED } from "../shared/lineage/attributes.ts";
import { hasTemporaryName, isWaiting, sharingItsDisk } from "../shared/lineage/lineage.ts";
import { isMissing, isWrongState } from "../shared/opennebula/faults.ts";
import type { Image } from "../shared/opennebula/opennebula.ts";
import type { Leftover } from "./leftover.ts";

type Needed = Pick<Deps, "opennebula" | "log">;

/** The images that jobs have made and that have not taken their identifier's NAME. Nobody but the service user has seen them. */
export async function pendingImages(
  deps: Needed,
  signal: AbortSignal,
): Promise<readonly Leftover[]> {
  const pool = await deps.opennebula.images(signal);
  const pending = pool.filter(isPending);
  if (pending.length === 0) {
    return [];
  }
  const { uid } = await deps.opennebula.account(signal);
  return pending.map((image): Leftover => {
    const job = image.attributes.get(JOB) ?? "";
    return {
      kind: "pending-image",
      name: `${image.id} ${image.name}`,
      owner: { job },
      touchedAt: image.registeredAt * 1000,
      hindrance:
        touchedBySomebody(image, uid) ?? lastOfItsKind(image, pool) ?? sharesItsDisk(image, pool),
      remove: (stop) => removeUnchanged(image, uid, deps, stop),
    };
  });
}

/** An image under its identifier's NAME is live, even while its rights are pending. */
function isPending(image: Image): boolean {
  return (
    isWaiting(image) &&
    image.attributes.has(IDENTIFIER) &&
    /^[0-9a-f]{32}$/.test(image.attributes.get(JOB) ?? "")
  );
}

/** Whether anything shows that somebody has taken a liking to the image: then it is theirs to delete. */
function touchedBySomebody(image: Image, serviceUser: number): string | undefined {
  if (!hasTemporaryName(image)) {
    return "somebody renamed it";
  }
  if (image.uid !== serviceUser) {
    return `it belongs to ${image.uname}`;
  }
  if (!image.mode.endsWith("00")) {
    return `others may use it (mode ${image.mode})`;
  }
  if (!UNUSED_STATES.has(image.state) || image.runningVms > 0) {
    return `it is ${image.state} with ${image.runningVms} VMs`;
  }
  return undefined;
}

// DISABLED is not among them: no function disables an image that is pending, so a person did.
const UNUSED_STATES: ReadonlySet<Image["state"]> = new Set(["READY", "LOCKED", "ERROR"]);

/** An update that was given up between its two renames: nothing else knows the rights of the identifier's image any more. */
function lastOfItsKind(image: Image, pool: readonly Image[]): string | undefined {
  const identifier = image.attributes.get(IDENTIFIER);
  const hasLive = pool.some(
    (other) => other.name === identifier && other.attributes.get(IDENTIFIER) === identifier,
  );
  return image.attributes.has(REMEMBERED) && !hasLive
    ? `no image has the name ${identifier}, and this one holds its rights`
    : undefined;
}

function sharesItsDisk(image: Image, pool: readonly Image[]): string | undefined {
  const other = sharingItsDisk(image, pool);
  return other === undefined ? undefined : `image ${other.id} has the same disk`;
}

async function removeUnchanged(
  { id }: Image,
  serviceUser: number,
  { opennebula, log }: Needed,
  signal: AbortSignal,
): Promise<string | undefined> {
  const image = await opennebula.image(id, signal);
  if (image === undefined || image.state === "DELETE") {
    return undefined;
  }
  const hindrance = isPending(image)
    ? touchedBySomebody(image, serviceUser)
    : "it has changed since it was found";
  if (hindrance !== undefined) {
    return hindrance;
  }
  // Longer than the longest time that a copy may take (a day) has passed since it was registered: LOCKED is for ever.
  const stuck = image.state === "LOCKED";
  try {
    await opennebula.delete(id, stuck, signal);
  } catch (error) {
    if (error instanceof RpcFault && isWrongState(error)) {
      return `OpenNebula does not delete it now: ${error.message}`; // a VM may have started this instant
    }
    if (!(error instanceof RpcFault && isMissing(error, "image", id))) {
      throw error;
    }
  }
  if (stuck || image.state === "ERROR") {
    log.warn(
      { imageId: id, datastore: image.datastore },
      "its copy was never finished: OpenNebula may keep a file of it in the datastore, and has no call that shows it",
    );
  }
  return undefined;
}
