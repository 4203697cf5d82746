import type { Call } from "./call.ts";
import { findImage, type Image } from "./image.ts";
import { CODES, OneError } from "./one-error.ts";
import { authorize, mayOnImage } from "./permissions.ts";
import { renderImage } from "./render-image.ts";
import { primaryGroup } from "./session.ts";
import { element } from "./xml-escape.ts";
import type { User } from "./world.ts";

/** `one.image.info(session, id)`: answered even when the image is locked. */
export function imageInfo({ world, user, args }: Call): string {
  const image = findImage(world, args.int(1));
  authorize(user, { what: `USE IMAGE [${image.id}]`, granted: mayOnImage(user, "USE", image) });
  return renderImage(world, image);
}

/**
 * `one.imagepool.info(session, filter, start, end)`, newest first. With `end` <= -2 it is a page: `start` is the offset and
 * `-end` the count; otherwise a range of ids, both included. What the user may not use is missing silently.
 */
export function imagePoolInfo({ world, user, args }: Call): string {
  const isWanted = filterOf(user, args.int(1));
  const [start, end] = [args.int(2), args.int(3)];
  const found = [...world.images.values()]
    .filter(isWanted)
    .toSorted((one, other) => other.id - one.id);
  const isPage = start >= 0 && end <= -2;
  const wanted = isPage
    ? found.slice(start, start - end)
    : found.filter(({ id }) => id >= start && (end === -1 || id <= end));
  return element("IMAGE_POOL", wanted.map((image) => renderImage(world, image)).join(""));
}

/** -4 primary group, -3 own, -2 all that one may use, -1 own and groups, from 0 on of that user. @throws OneError 4096 */
function filterOf(user: User, filter: number): (image: Image) => boolean {
  const isOwn = (image: Image): boolean => image.uid === user.id;
  const mayUse = (image: Image): boolean => isOwn(image) || mayOnImage(user, "USE", image);
  switch (filter) {
    case -4:
      return (image) => image.gid === primaryGroup(user) && mayUse(image);
    case -3:
      return isOwn;
    case -2:
      return mayUse;
    case -1:
      return (image) => isOwn(image) || (user.groups.includes(image.gid) && mayUse(image));
    default:
      if (filter < -4) {
        throw new OneError(CODES.xmlRpcApi, "Incorrect filter_flag");
      }
      return (image) => image.uid === filter && mayUse(image);
  }
}
