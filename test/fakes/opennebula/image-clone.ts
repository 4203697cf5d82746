import type { Call } from "./call.ts";
import { startCopy } from "./copy.ts";
import { findDatastore } from "./datastore-methods.ts";
import { findImage, printedState, setState } from "./image.ts";
import { insertImage } from "./image-insert.ts";
import { CODES, OneError } from "./one-error.ts";
import { authorize, authorizeImage, createClaim } from "./permissions.ts";
import { checkQuota } from "./quotas.ts";
import { primaryGroup } from "./session.ts";

/**
 * `one.image.clone(session, id, name [, datastore])`: a persistent original is in state CLONE and any other in USED until
 * the copy is done. The clone's PATH is the original's SOURCE.
 */
export function cloneImage({ world, user, args }: Call): number {
  const original = findImage(world, args.int(1));
  const name = args.string(2);
  const datastore = findDatastore(world, args.has(3) ? args.int(3) : original.datastoreId);
  authorizeImage(user, "USE", original);
  authorize(user, createClaim(world.groups, user, "IMAGE"));
  checkQuota(
    world,
    user,
    { datastoreId: datastore.id, sizeMb: original.sizeMb },
    { uid: user.id, gid: primaryGroup(user) },
  );
  if (!["READY", "USED", "CLONE"].includes(original.state)) {
    throw new OneError(
      CODES.internal,
      `Cannot clone image in state: ${printedState(original.state)}`,
    );
  }
  const { type, persistent, fs, sizeMb } = original;
  const template = new Map(original.template);
  const clone = insertImage(world, user, {
    name,
    type,
    persistent,
    fs,
    sizeMb,
    datastore,
    template,
    path: original.source,
    source: "",
    format: original.format,
  });
  clone.cloningId = original.id;
  original.clones.add(clone.id);
  if (original.state === "READY") {
    setState(original, persistent ? "CLONE" : "USED");
  }
  startCopy(world, clone);
  return clone.id;
}
