import type { Call } from "./call.ts";
import { findImage, imageOf, type Image } from "./image.ts";
import { CODES, find, OneError } from "./one-error.ts";
import { authorize, authorizeImage, type Claim } from "./permissions.ts";
import { checkQuota } from "./quotas.ts";
import type { World } from "./world.ts";

/**
 * `one.image.chown(session, id, uid, gid)`, -1 keeps. Everything is checked before anything changes: user, group, image,
 * rights, NAME at the new owner, quotas.
 */
export function chownImage({ world, user, args }: Call): number {
  const [id, uid, gid] = [args.int(1), args.int(2), args.int(3)];
  if (uid < -1 || gid < -1) {
    throw new OneError(
      CODES.authorization,
      `User [${user.id}] : ${uid < -1 ? "User" : "Group"} not found.`,
    );
  }
  const owner = uid === -1 ? undefined : find(world.users, "user", uid);
  const group = gid === -1 ? undefined : find(world.groups, "group", gid);
  const image = findImage(world, id);
  const claims: Claim[] = [];
  if (owner !== undefined) {
    claims.push({ what: `MANAGE USER [${uid}]`, granted: uid === user.id });
  }
  if (group !== undefined) {
    claims.push({ what: `USE GROUP [${gid}]`, granted: user.groups.includes(gid) });
  }
  authorizeImage(user, "MANAGE", image, ...claims);
  const newUid = owner?.id === image.uid ? undefined : owner?.id;
  const newGid = group?.id === image.gid ? undefined : group?.id;
  refuseTaken(world, image, newUid);
  checkQuota(world, user, image, { uid: newUid, gid: newGid });
  if (owner !== undefined) {
    image.uid = owner.id;
    image.uname = owner.name;
  }
  if (group !== undefined) {
    image.gid = group.id;
    image.gname = group.name;
  }
  return id;
}

/**
 * `one.image.chmod(session, id, ou, om, oa, gu, gm, ga, xu, xm, xa)`, each -1, 0 or 1. A change of an ADMIN bit needs the
 * ADMIN right, which owners do not have by default.
 */
export function chmodImage({ world, user, args }: Call): number {
  const id = args.int(1);
  const wanted = Array.from({ length: 9 }, (_, index) => args.int(index + 2));
  const image = findImage(world, id);
  const changes = wanted.map((value, index) => (value === bitAt(image.mode, index) ? -1 : value));
  const touchesAdmin = [2, 5, 8].some((index) => changes[index] !== -1);
  authorizeImage(user, touchesAdmin ? "ADMIN" : "MANAGE", image);
  if (wanted.some((value) => ![-1, 0, 1].includes(value))) {
    throw new OneError(CODES.internal, "New permission values must be -1, 0 or 1");
  }
  image.mode = wanted.reduce(
    (mode, value, index) => (mode << 1) | (value === -1 ? bitAt(image.mode, index) : value),
    0,
  );
  return id;
}

/** `one.user.chgrp` and chown of anything: MANAGE of a user is an administrator's. */
export function authorizeUserChange({ user }: Call, id: number): void {
  authorize(user, { what: `MANAGE USER [${id}]`, granted: false });
}

function refuseTaken(world: World, image: Image, newUid: number | undefined): void {
  const taken = newUid === undefined ? undefined : imageOf(world, newUid, image.name);
  if (taken !== undefined) {
    throw new OneError(
      CODES.internal,
      `user [${newUid}] already owns image [${taken.id}] with NAME ${image.name}`,
    );
  }
}

function bitAt(mode: number, index: number): number {
  return (mode >> (8 - index)) & 1;
}
