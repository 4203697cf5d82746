import { createHash } from "node:crypto";
import type { Template } from "./template.ts";
import { nowSeconds, type World } from "./world.ts";
import { CODES, find, OneError } from "./one-error.ts";

/** Image states by their number. */
export const STATES = [
  "INIT",
  "READY",
  "USED",
  "DISABLED",
  "LOCKED",
  "ERROR",
  "CLONE",
  "DELETE",
  "USED_PERS",
  "LOCKED_USED",
  "LOCKED_USED_PERS",
] as const;

export type State = (typeof STATES)[number];

/** Image types by their number. */
export const TYPES = ["OS", "CDROM", "DATABLOCK", "KERNEL", "RAMDISK", "CONTEXT"] as const;

export type ImageType = (typeof TYPES)[number];

/** What `one.image.lock` sets; levels 1 USE, 2 MANAGE, 3 ADMIN. */
export interface Lock {
  readonly level: number;
  readonly owner: number;
  /** Seconds since 1970. */
  readonly time: number;
  readonly requestId: number;
}

/** An image. */
export interface Image {
  readonly id: number;
  name: string;
  uid: number;
  gid: number;
  /** Names stay when the owner or the group is deleted. */
  uname: string;
  gname: string;
  /** Nine bits for owner, group and others: USE 4, MANAGE 2, ADMIN 1. */
  mode: number;
  readonly type: ImageType;
  persistent: boolean;
  /** Seconds since 1970. */
  readonly registeredAt: number;
  readonly path: string;
  readonly fs: string;
  readonly datastoreId: number;
  readonly sizeMb: number;
  /** Empty until the copy is done. */
  source: string;
  format: string;
  state: State;
  previousState: State;
  template: Template;
  lock: Lock | undefined;
  readonly vms: Set<number>;
  /** Images that are being cloned from this one. */
  readonly clones: Set<number>;
  /** The image that this one is being cloned from. */
  cloningId: number;
  /** What a real datastore driver would have unpacked; the simulator keeps the content as it is. */
  compression: string | undefined;
}

/** @throws OneError 1024; `image Pool` is how OpenNebula puts it for id -1 */
export function findImage(world: World, id: number): Image {
  if (id === -1) {
    throw new OneError(CODES.noExists, "Error getting image Pool.", id);
  }
  return find(world.images, "image", id);
}

/** A change of state drops the lock (measured): a lock guards nothing for long. */
export function setState(image: Image, state: State): void {
  image.state = state;
  image.previousState = state;
  image.lock = undefined;
}

/** The state as OpenNebula's messages print it. */
export function printedState(state: State): string {
  return state.replace("_PERS", "");
}

/** The image of that name in that user's possession. */
export function imageOf(world: World, uid: number, name: string): Image | undefined {
  return [...world.images.values()].find((image) => image.uid === uid && image.name === name);
}

/** Where the copy of an image goes: `<datastore>/<md5 of "unixtime:id">`. */
export function newSource(world: World, image: Image): string {
  const hash = createHash("md5")
    .update(`${nowSeconds(world)}:${image.id}`)
    .digest("hex");
  return `${datastorePath(world, image.datastoreId)}/${hash}`;
}

/** BASE_PATH of a datastore. */
export function datastorePath(world: World, id: number): string {
  return `${world.directory}/${id}`;
}
