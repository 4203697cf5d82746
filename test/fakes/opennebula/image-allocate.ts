import type { Call } from "./call.ts";
import { findDatastore } from "./datastore-methods.ts";
import { TYPES, type ImageType } from "./image.ts";
import { insertImage, refused } from "./image-insert.ts";
import { CODES, OneError, OnedKilled } from "./one-error.ts";
import { authorize, createClaim, mayUseDatastore } from "./permissions.ts";
import { checkQuota } from "./quotas.ts";
import { isAdmin, primaryGroup } from "./session.ts";
import { parseTemplate, refuseRestricted, textOf, toTemplate, type Template } from "./template.ts";
import type { User, World } from "./world.ts";
import { startCopy } from "./copy.ts";

/**
 * `one.image.allocate(session, template, datastore [, skip_capacity_check])`: waits for the size probe, then answers while
 * the image is LOCKED and its file is copied in the background. The NAME is looked at only after the probe.
 */
export async function allocateImage({ world, user, args, run }: Call): Promise<number> {
  const template = toTemplate(parseTemplate(args.string(1), world.version));
  const datastore = findDatastore(world, args.int(2));
  const skipsCapacity = args.has(3) && args.boolean(3) && isAdmin(user);
  if (datastore.type === "SYSTEM") {
    throw refused("New images can only be allocated in a files or image datastore.");
  }
  refuseRestricted(template, isAdmin(user));
  const sizeMb = await imageSizeMb(world, template);
  if (world.run() !== run) {
    throw new OnedKilled();
  }
  if (datastore.enforcesSpace && !skipsCapacity && sizeMb > datastore.space.freeMb) {
    throw new OneError(CODES.action, "Not enough space in datastore");
  }
  const mayUse = {
    what: `USE DATASTORE [${datastore.id}]`,
    granted: mayUseDatastore(user, datastore),
  };
  authorize(user, mayUse, createClaim(world.groups, user, "IMAGE"));
  checkQuota(
    world,
    user,
    { datastoreId: datastore.id, sizeMb },
    { uid: user.id, gid: primaryGroup(user) },
  );
  const source = textOf(template, "SOURCE") ?? "";
  const image = insertImage(world, user, {
    name: tidyName(world, textOf(template, "NAME") ?? ""),
    type: imageType(template),
    persistent: isPersistent(world, user, template),
    path: source === "" ? (textOf(template, "PATH") ?? "") : "",
    source,
    format: source === "" ? "" : (textOf(template, "FORMAT") ?? ""),
    fs: textOf(template, "FS") ?? "",
    datastore,
    sizeMb,
    template: ownAttributes(template),
  });
  if (image.state === "LOCKED") {
    startCopy(world, image);
  }
  return image.id;
}

/** Asks the datastore driver, or takes SIZE where there is nothing to look at. @throws OneError 8192 */
async function imageSizeMb(world: World, template: Template): Promise<number> {
  const path = textOf(template, "PATH") ?? "";
  if (textOf(template, "SOURCE") !== undefined || path === "") {
    return Number(textOf(template, "SIZE") ?? 0);
  }
  const found = await world.files.probe(path);
  if ("sizeMb" in found) {
    return found.sizeMb;
  }
  const reasons = {
    missing: `cannot access '${path}' (No such file or directory)`,
    denied: `cannot access '${path}' (Permission denied)`,
    empty: "Runtime error during size estimation",
  };
  throw new OneError(CODES.internal, `Cannot parse image SIZE: ${reasons[found.problem]}`);
}

/** Only here are blanks cut; rename keeps them. */
function tidyName({ version }: World, name: string): string {
  return version === "7.4.0" ? name.trim() : name.trimEnd();
}

function imageType(template: Template): ImageType {
  const wanted = textOf(template, "TYPE")?.toUpperCase() ?? "OS";
  const type = TYPES.find((candidate) => candidate === wanted);
  if (type === undefined) {
    throw refused("Unknown type");
  }
  return type;
}

function isPersistent({ groups }: World, user: User, template: Template): boolean {
  const wanted = textOf(template, "PERSISTENT");
  if (wanted !== undefined) {
    return wanted.toUpperCase() === "YES";
  }
  const holders = [user.template, groups.get(primaryGroup(user))?.template];
  const settings = holders
    .map((holder) => holder?.get("OPENNEBULA"))
    .find((value) => value instanceof Map);
  return settings?.get("DEFAULT_IMAGE_PERSISTENT_NEW")?.toUpperCase() === "YES";
}

/** What stays in TEMPLATE: FORMAT and SIZE are ignored with a PATH, DRIVER is dropped always. */
function ownAttributes(template: Template): Template {
  const own = new Map([...template].filter(([name]) => !ELEMENTS.has(name)));
  return own.has("DEV_PREFIX") ? own : own.set("DEV_PREFIX", "sd");
}

const ELEMENTS = new Set([
  "NAME",
  "TYPE",
  "PERSISTENT",
  "PATH",
  "SOURCE",
  "SIZE",
  "FORMAT",
  "FS",
  "DRIVER",
]);
