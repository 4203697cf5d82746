import type { Call } from "./call.ts";
import { findImage } from "./image.ts";
import { CODES, OneError } from "./one-error.ts";
import { authorize, mayOnImage } from "./permissions.ts";
import { isAdmin } from "./session.ts";
import { nowSeconds } from "./world.ts";

/** `one.image.lock(session, id, level)`: 1 (and 4) USE and all else, 2 MANAGE, 3 ADMIN. The `test` argument is ignored. */
export function lockImage({ world, user, args, requestId }: Call): number {
  const [id, level] = [args.int(1), args.int(2)];
  if (![1, 2, 3, 4].includes(level)) {
    throw new OneError(CODES.action, "Wrong lock level specified");
  }
  const image = findImage(world, id);
  authorize(user, { what: `MANAGE IMAGE [${id}]`, granted: mayOnImage(user, "MANAGE", image) });
  image.lock = {
    level: level === 4 ? 1 : level,
    owner: user.id,
    time: nowSeconds(world),
    requestId,
  };
  return id;
}

/** `one.image.unlock(session, id)`: by who locked it, or an administrator. */
export function unlockImage({ world, user, args }: Call): number {
  const id = args.int(1);
  const image = findImage(world, id);
  authorize(user, { what: `MANAGE IMAGE [${id}]`, granted: mayOnImage(user, "MANAGE", image) });
  if (image.lock !== undefined && image.lock.owner !== user.id && !isAdmin(user)) {
    throw new OneError(CODES.action, "Cannot unlock: Lock is owned by another user");
  }
  image.lock = undefined;
  return id;
}
