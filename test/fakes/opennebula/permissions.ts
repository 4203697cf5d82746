import type { Image } from "./image.ts";
import { CODES, OneError } from "./one-error.ts";
import { isAdmin } from "./session.ts";
import type { Datastore, Group, User } from "./world.ts";

/** The rights, by the bit that stands for them. */
export const RIGHTS = { USE: 4, MANAGE: 2, ADMIN: 1 } as const;

export type Right = keyof typeof RIGHTS;

/** One thing that a call wants to do, and whether it may. */
export interface Claim {
  readonly what: string;
  readonly granted: boolean;
}

/** @throws OneError 512 naming everything that is not granted */
export function authorize(user: User, ...claims: readonly Claim[]): void {
  const refused = claims.filter(({ granted }) => !granted && !isAdmin(user));
  if (refused.length > 0) {
    const reasons = refused.map(({ what }) => `Not authorized to perform ${what}`).join("; ");
    throw new OneError(CODES.authorization, `User [${user.id}] : ${reasons}.`);
  }
}

/** @throws OneError 512: a locked image refuses oneadmin too, in other words */
export function authorizeImage(
  user: User,
  right: Right,
  image: Image,
  ...more: readonly Claim[]
): void {
  const locked = isLockedFor(right, image);
  authorize(
    user,
    { what: `${right} IMAGE [${image.id}]`, granted: mayOnImage(user, right, image) && !locked },
    ...more,
  );
  if (locked) {
    throw new OneError(CODES.authorization, `User [${user.id}] : IMAGE is locked. [${image.id}].`);
  }
}

/** By the mode alone, whatever locks there are. */
export function mayOnImage(user: User, right: Right, image: Image): boolean {
  const bit = RIGHTS[right];
  const isOwner = user.id === image.uid && (image.mode & (bit << 6)) !== 0;
  const isGroup = user.groups.includes(image.gid) && (image.mode & (bit << 3)) !== 0;
  return isAdmin(user) || isOwner || isGroup || (image.mode & bit) !== 0;
}

export function mayUseDatastore(user: User, datastore: Datastore): boolean {
  const { usableBy } = datastore;
  return isAdmin(user) || usableBy === "all" || user.groups.some((id) => usableBy.includes(id));
}

export function createClaim(
  groups: ReadonlyMap<number, Group>,
  user: User,
  what: "IMAGE" | "VM",
): Claim {
  return {
    what: `CREATE ${what}`,
    granted: user.groups.some((id) => groups.get(id)?.mayCreate === true),
  };
}

function isLockedFor(right: Right, { lock }: Image): boolean {
  if (lock === undefined) {
    return false;
  }
  return (
    lock.level === 1 ||
    (lock.level === 2 && right !== "USE") ||
    (lock.level === 3 && right === "ADMIN")
  );
}
