import { newDatastore } from "./fresh-install.ts";
import { addGroup, findGroup } from "./group-methods.ts";
import { findDatastore } from "./datastore-methods.ts";
import { findImage, type Image } from "./image.ts";
import { insertImage } from "./image-insert.ts";
import { snapshot, type ImageSnapshot } from "./image-snapshot.ts";
import { addUser, findUser } from "./user-methods.ts";
import { addVm, endVm, findVm } from "./vm-methods.ts";
import type { Datastore, World } from "./world.ts";

/** What an administrator or a test does beside the API. Everything is done at once. @throws OneError as the API would answer */
export interface Admin {
  /** @param gid primary group, default 1 (users) @returns the user's id */
  createUser(
    name: string,
    password: string,
    gid?: number,
    template?: Readonly<Record<string, string>>,
  ): number;
  deleteUser(id: number): void;
  /** Unlike `one.group.allocate`, with the ACL that lets the members create images. @returns the group's id */
  createGroup(name: string, options?: { readonly mayCreate?: boolean }): number;
  allowCreate(gid: number): void;
  /** @param options.usableBy groups; default all @returns the datastore's id */
  createDatastore(
    name: string,
    options?: { readonly type?: Datastore["type"]; readonly usableBy?: readonly number[] },
  ): number;
  /** What the last monitoring found; from now on bigger images are refused. */
  setFreeMb(datastoreId: number, freeMb: number): void;
  /** A READY image without a file. @returns its id */
  addImage(
    given: { readonly name: string } & Partial<
      Pick<Image, "uid" | "gid" | "mode" | "datastoreId" | "persistent" | "state">
    > & {
        readonly attributes?: Readonly<Record<string, string>>;
      },
  ): number;
  /** A VM of oneadmin that uses an image. @returns its id */
  startVm(imageId: number): number;
  /** Ends a VM and frees its images. */
  stopVm(vmId: number): void;
  /** All images, newest first. */
  images(): readonly ImageSnapshot[];
  /** Where an image's copy lies; empty while there is none. */
  sourceOf(imageId: number): string;
  setZoneDisabled(disabled: boolean): void;
  /** An HA cluster that has no leader: writes are refused, reads answered. */
  setElection(election: boolean): void;
}

/** The administrator of a world. */
export function createAdmin(world: World): Admin {
  return {
    createUser: (name, password, gid, template = {}) => {
      const id = addUser(world, name, password, gid === undefined ? [] : [gid]);
      findUser(world, id).template = new Map(Object.entries(template));
      return id;
    },
    deleteUser: (id) => {
      world.users.delete(findUser(world, id).id);
    },
    createGroup: (name, { mayCreate = true } = {}) => addGroup(world, name, mayCreate),
    allowCreate: (gid) => {
      findGroup(world, gid).mayCreate = true;
    },
    createDatastore: (name, { type = "IMAGE", usableBy = "all" as const } = {}) => {
      const id = world.nextIds.datastore++;
      world.datastores.set(id, newDatastore(world, { id, name, type, usableBy }));
      return id;
    },
    setFreeMb: (datastoreId, freeMb) => {
      const datastore = findDatastore(world, datastoreId);
      datastore.space = { ...datastore.space, freeMb };
      datastore.enforcesSpace = true;
    },
    addImage: (given) => addImage(world, given),
    startVm: (imageId) =>
      addVm(world, findUser(world, 0), { images: [findImage(world, imageId)] }).id,
    stopVm: (vmId) => endVm(world, findVm(world, vmId)),
    images: () =>
      [...world.images.values()].toSorted((one, other) => other.id - one.id).map(snapshot),
    sourceOf: (imageId) => findImage(world, imageId).source,
    setZoneDisabled: (disabled) => {
      world.zone.disabled = disabled;
    },
    setElection: (election) => {
      world.zone.election = election;
    },
  };
}

function addImage(world: World, given: Parameters<Admin["addImage"]>[0]): number {
  const {
    name,
    uid = 0,
    gid,
    datastoreId = 1,
    persistent = false,
    mode,
    state,
    attributes = {},
  } = given;
  const datastore = findDatastore(world, datastoreId);
  const template = new Map(Object.entries({ DEV_PREFIX: "sd", ...attributes }));
  const image = insertImage(world, findUser(world, uid), {
    name,
    type: "OS",
    persistent,
    path: "/var/tmp/images/none.img",
    source: `${world.directory}/${datastoreId}/none`,
    format: "raw",
    fs: "",
    datastore,
    sizeMb: 1,
    template,
  });
  if (gid !== undefined) {
    image.gid = gid;
    image.gname = findGroup(world, gid).name;
  }
  image.mode = mode ?? image.mode;
  image.state = state ?? image.state;
  return image.id;
}
