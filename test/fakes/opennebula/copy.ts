import { datastorePath, newSource, setState, type Image } from "./image.ts";
import { textOf } from "./template.ts";
import type { World } from "./world.ts";

/**
 * Copies the file of a LOCKED image in the background, as the datastore driver does: READY when it is there, ERROR with a
 * reason in TEMPLATE/ERROR when it failed. The directory rules and the digests are looked at only now. When oned was
 * restarted meanwhile the image stays LOCKED for ever; when it was deleted, or the copy failed, the file stays behind.
 */
export function startCopy(world: World, image: Image): void {
  const run = world.run();
  world.clock.schedule(world.copySeconds * 1000, () => {
    if (world.run() === run) {
      world.track(copy(world, image, run));
    }
  });
}

async function copy(world: World, image: Image, run: number): Promise<void> {
  const to = newSource(world, image);
  const problem = await copyFile(world, image, to);
  if (world.run() !== run) {
    return;
  }
  finishCloning(world, image);
  if (!world.images.has(image.id)) {
    return; // "CP operation succeeded but image no longer exists"
  }
  if (problem !== undefined) {
    image.template.set(
      "ERROR",
      `${dateOf(world)} : Error copying image in the datastore: ${problem}`,
    );
    setState(image, "ERROR");
    return;
  }
  image.source = to;
  setState(image, COPIED[image.state] ?? "READY");
}

/** @returns why it failed, as the driver's last log line puts it */
async function copyFile(world: World, image: Image, to: string): Promise<string | undefined> {
  const failed = `Error copying ${image.path} to ${to}`;
  const isClone = image.cloningId !== -1;
  const resolved = isClone ? image.path : await world.files.resolve(image.path);
  if (resolved === undefined || resolved.includes("'")) {
    return failed; // the driver's shell breaks on a single quote
  }
  if (!isClone && !isAllowed(world, image.datastoreId, resolved)) {
    return `Not allowed to copy image from ${image.path}, check RESTRICTED_DIRS in your datastore`;
  }
  const sha1 = textOf(image.template, "SHA1");
  const md5 = sha1 === undefined ? textOf(image.template, "MD5") : undefined; // of both only SHA1 counts
  const outcome = await world.files.copy({ from: resolved, to, ...(isClone ? {} : { md5, sha1 }) });
  if (outcome.ok) {
    image.format = outcome.format;
    image.compression = outcome.compression;
    return undefined;
  }
  return world.version === "6.10.5" && outcome.reason === "checksum"
    ? `INFO: cp: Copying local image ${image.path} to the image repository ERROR: cp: Command "cp" failed: Hash does not match ${failed}`
    : failed;
}

/** SAFE_DIRS win over RESTRICTED_DIRS; both are prefixes of the resolved path, so `/var/tmpX` is under `/var/tmp`. */
function isAllowed(world: World, datastoreId: number, path: string): boolean {
  const template = world.datastores.get(datastoreId)?.template ?? new Map();
  const matches = (name: string): boolean =>
    (textOf(template, name) ?? "").split(/\s+/).some((dir) => dir !== "" && path.startsWith(dir));
  return (
    matches("SAFE_DIRS") ||
    (!matches("RESTRICTED_DIRS") && !path.startsWith(datastorePath(world, datastoreId)))
  );
}

/** The original is free again. */
function finishCloning(world: World, copied: Image): void {
  const original = world.images.get(copied.cloningId);
  copied.cloningId = -1;
  if (
    original?.clones.delete(copied.id) === true &&
    original.clones.size === 0 &&
    original.vms.size === 0
  ) {
    setState(original, "READY");
  }
}

/** As ctime prints it, in UTC: `Sun Nov 22 09:16:05 2026`. */
function dateOf(world: World): string {
  const [weekday, day, month, year, time] = new Date(world.clock.now()).toUTCString().split(/,? /);
  return `${weekday} ${month} ${day?.replace(/^0/, " ")} ${time} ${year}`;
}

const COPIED: Partial<Record<Image["state"], Image["state"]>> = {
  LOCKED: "READY",
  LOCKED_USED: "USED",
  LOCKED_USED_PERS: "USED_PERS",
};
