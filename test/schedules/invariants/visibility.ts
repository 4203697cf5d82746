import type { Wish } from "../site/administrator.ts";
import type { ImageView } from "../site/images.ts";

type Access = Pick<ImageView, "uid" | "gid" | "mode" | "state">;

/**
 * Who may do more with an image than both what was and what its administrator wishes allow. The members of oneadmin's group, one of
 * whom is the service user, may do everything anyway, so what is given to one of them is given to nobody new.
 * @param before undefined for a new image, which nobody may see
 */
export function whoSeesMore(
  image: Access,
  before: Access | undefined,
  wish: Wish,
  serviceUser: number,
): string | undefined {
  const now = accessOf(image);
  const was = before === undefined ? NOBODY : accessOf(before);
  // An image that its administrator has disabled is nobody's but an administrator's while it is enabled.
  const isOpenDespiteWish = wish.disabled && isEnabled(image);
  const may = isOpenDespiteWish ? NOBODY : accessOf({ ...wish, state: "READY" });
  const isAdmin = image.uid === ONEADMIN || image.uid === serviceUser;
  const everybody = may.other | was.other; // OpenNebula lets in whom any of the three lets in
  if (!isAdmin && !within(now.owner, rightsFor("owner", image.uid, may, was) | everybody)) {
    return `user ${image.uid}`;
  }
  const isGroupAllowed = within(now.group, rightsFor("group", image.gid, may, was) | everybody);
  if (image.gid !== ONEADMIN && !isGroupAllowed) {
    return `group ${image.gid}`;
  }
  return within(now.other, everybody) ? undefined : "everybody";
}

const ONEADMIN = 0;

interface Rights {
  readonly uid: number;
  readonly gid: number;
  readonly owner: number;
  readonly group: number;
  readonly other: number;
}

const NOBODY: Rights = { uid: -1, gid: -1, owner: 0, group: 0, other: 0 };

function accessOf({ uid, gid, mode }: Access): Rights {
  const [owner = 0, group = 0, other = 0] = Array.from(mode, Number);
  return { uid, gid, owner, group, other };
}

function rightsFor(who: "owner" | "group", id: number, ...given: readonly Rights[]): number {
  return given.reduce((sum, rights) => {
    const holds = who === "owner" ? rights.uid === id : rights.gid === id;
    return sum | (holds ? rights[who] : 0);
  }, 0);
}

function within(rights: number, allowed: number): boolean {
  return (rights & ~allowed) === 0;
}

function isEnabled({ state }: Access): boolean {
  return state !== "DISABLED";
}
