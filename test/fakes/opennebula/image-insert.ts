import { imageOf, type Image, type ImageType } from "./image.ts";
import { nameProblem } from "./names.ts";
import { CODES, OneError } from "./one-error.ts";
import { primaryGroup } from "./session.ts";
import { isStorable, textOf, type Template } from "./template.ts";
import { nowSeconds, type Datastore, type User, type World } from "./world.ts";

/** What a new image is made of. One with a SOURCE is READY at once, any other LOCKED. */
export interface NewImage {
  readonly name: string;
  readonly type: ImageType;
  readonly persistent: boolean;
  readonly path: string;
  readonly source: string;
  readonly format: string;
  readonly fs: string;
  readonly datastore: Datastore;
  readonly sizeMb: number;
  readonly template: Template;
}

/** The last part of an allocate, without any waiting: two calls never get the same NAME. @throws OneError 16384 */
export function insertImage(world: World, user: User, given: NewImage): Image {
  const problem = nameProblem(given.name);
  if (problem !== undefined) {
    throw refused(problem);
  }
  const belongsInFiles = FILE_TYPES.includes(given.type);
  if (belongsInFiles !== (given.datastore.type === "FILE")) {
    throw refused(
      belongsInFiles
        ? "KERNEL, RAMDISK and CONTEXT can only be registered in a FILE_DS datastore"
        : "Only IMAGES of type KERNEL, RAMDISK and CONTEXT can be registered in a FILE_DS datastore",
    );
  }
  const taken = imageOf(world, user.id, given.name);
  if (taken !== undefined) {
    throw refused(`NAME is already taken by IMAGE ${taken.id}.`);
  }
  if (given.path === "" && given.source === "" && given.type !== "DATABLOCK") {
    throw refused("No PATH in template.");
  }
  if (!isStorable(given.template)) {
    throw refused("Error transforming the Image to XML.");
  }
  const { datastore, ...values } = given;
  const state = given.source === "" ? "LOCKED" : "READY";
  const gid = primaryGroup(user);
  const image: Image = {
    ...values,
    id: world.nextIds.image++,
    uid: user.id,
    gid,
    uname: user.name,
    gname: world.groups.get(gid)?.name ?? "",
    mode: 0o666 & ~Number.parseInt(textOf(user.template, "UMASK") ?? "177", 8),
    registeredAt: nowSeconds(world),
    datastoreId: datastore.id,
    state,
    previousState: state === "READY" ? "READY" : "INIT",
    lock: undefined,
    vms: new Set(),
    clones: new Set(),
    cloningId: -1,
    compression: undefined,
  };
  world.images.set(image.id, image);
  return image;
}

/** A refusal of an allocate, with the lead that all of them have. */
export function refused(reason: string): OneError {
  return new OneError(CODES.allocate, `Error allocating a new image. ${reason}`);
}

const FILE_TYPES: readonly ImageType[] = ["KERNEL", "RAMDISK", "CONTEXT"];
