import type { Call } from "./call.ts";
import { findImage, imageOf, printedState, setState, type Image, type State } from "./image.ts";
import { CODES, find, OneError } from "./one-error.ts";
import { authorize, authorizeImage, createClaim } from "./permissions.ts";
import { primaryGroup } from "./session.ts";
import { parseTemplate, renderAttributes, textOf, toTemplate, type Attribute } from "./template.ts";
import type { Vm } from "./vm.ts";
import type { User, World } from "./world.ts";
import { element } from "./xml-escape.ts";

/** `one.vm.allocate(session, template [, hold])`: it takes its images at once; a VM that never runs is enough. */
export function allocateVm({ world, user, args }: Call): number {
  const attributes = parseTemplate(args.string(1), world.version);
  const hold = args.has(2) && args.boolean(2);
  const images = attributes
    .filter(({ name }) => name === "DISK")
    .map((disk, index) => imageOfDisk(world, user, disk, index));
  authorize(user, createClaim(world.groups, user, "VM"));
  for (const image of images) {
    authorizeImage(user, "USE", image);
  }
  return addVm(world, user, { images, attributes, hold }).id;
}

/** Makes a VM of images. All or none of them are taken. @throws OneError 8192 */
export function addVm(
  world: World,
  user: User,
  {
    images,
    attributes = [],
    hold = false,
  }: {
    readonly images: readonly Image[];
    readonly attributes?: readonly Attribute[];
    readonly hold?: boolean;
  },
): Vm {
  images.forEach(refuseUnusable);
  const id = world.nextIds.vm++;
  const name = textOf(toTemplate(attributes), "NAME") ?? `one-${id}`;
  const imageIds = images.map((image) => image.id);
  const vm: Vm = {
    id,
    name,
    uid: user.id,
    gid: primaryGroup(user),
    imageIds,
    attributes,
    state: hold ? "HOLD" : "PENDING",
  };
  world.vms.set(id, vm);
  for (const image of images) {
    image.vms.add(id);
    take(image);
  }
  return vm;
}

/** `one.vm.action(session, action, id)`: terminate frees the images; other actions change nothing that matters here. */
export function actOnVm({ world, args }: Call): number {
  const [action, id] = [args.string(1), args.int(2)];
  const vm = findVm(world, id);
  if (action.startsWith("terminate")) {
    endVm(world, vm);
  }
  return id;
}

/** `one.vm.info(session, id)`, the few elements that matter here. */
export function vmInfo({ world, args }: Call): string {
  const vm = findVm(world, args.int(1));
  const names =
    element("UNAME", world.users.get(vm.uid)?.name ?? "") +
    element("GNAME", world.groups.get(vm.gid)?.name ?? "");
  const head =
    element("ID", vm.id) +
    element("UID", vm.uid) +
    element("GID", vm.gid) +
    names +
    element("NAME", vm.name);
  return element(
    "VM",
    head +
      element("STATE", VM_STATES[vm.state]) +
      element("LCM_STATE", 0) +
      renderAttributes(vm.attributes),
  );
}

/** Lets go of a VM's images. */
export function endVm(world: World, vm: Vm): void {
  vm.state = "DONE";
  for (const image of vm.imageIds
    .map((id) => world.images.get(id))
    .filter((found) => found !== undefined)) {
    image.vms.delete(vm.id);
    if (image.vms.size === 0 && image.clones.size === 0) {
      setState(image, FREED[image.state] ?? image.state);
    }
  }
}

/** @throws OneError 1024 */
export function findVm(world: World, id: number): Vm {
  return find(world.vms, "virtual machine", id);
}

/** IMAGE_ID, or IMAGE by its name among the caller's own images. */
function imageOfDisk(world: World, user: User, { value }: Attribute, index: number): Image {
  const disk: ReadonlyMap<string, string> = typeof value === "string" ? new Map() : value;
  const id = disk.get("IMAGE_ID");
  if (id !== undefined) {
    return findImage(world, Number(id));
  }
  const name = disk.get("IMAGE") ?? "";
  const image = imageOf(world, user.id, name);
  if (image === undefined) {
    throw new OneError(
      CODES.internal,
      `DISK ${index}: User ${user.id} does not own an image with name: ${name} . Set IMAGE_UNAME or IMAGE_UID of owner in DISK.`,
    );
  }
  return image;
}

function refuseUnusable(image: Image, index: number): void {
  if (TAKEN[image.state] === undefined) {
    throw new OneError(
      CODES.internal,
      `DISK ${index}: Cannot acquire image ${image.id}, it is in state: ${printedState(image.state)}`,
    );
  }
}

function take(image: Image): void {
  const state = TAKEN[image.state] ?? image.state;
  setState(image, image.persistent ? (PERSISTENT[state] ?? state) : state);
}

/** What a VM makes of a state; those that are missing cannot be taken. */
const TAKEN: Partial<Record<State, State>> = {
  READY: "USED",
  USED: "USED",
  LOCKED: "LOCKED_USED",
  LOCKED_USED: "LOCKED_USED",
};
const PERSISTENT: Partial<Record<State, State>> = {
  USED: "USED_PERS",
  LOCKED_USED: "LOCKED_USED_PERS",
};
const FREED: Partial<Record<State, State>> = {
  USED: "READY",
  USED_PERS: "READY",
  LOCKED_USED: "LOCKED",
  LOCKED_USED_PERS: "LOCKED",
};

const VM_STATES = { PENDING: 1, HOLD: 2, DONE: 6 };
