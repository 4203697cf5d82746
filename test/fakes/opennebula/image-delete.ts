import type { Call } from "./call.ts";
import { findImage, setState, type Image } from "./image.ts";
import { CODES, OneError } from "./one-error.ts";
import { authorizeImage } from "./permissions.ts";
import type { World } from "./world.ts";

/**
 * `one.image.delete(session, id [, force])`: the image stays in state DELETE, with its NAME, until its file is gone. One that
 * has no SOURCE (ERROR, or LOCKED by force) goes at once and leaves behind what was copied.
 */
export function deleteImage({ world, user, args }: Call): number {
  const id = args.int(1);
  const force = args.has(2) && args.boolean(2);
  const image = findImage(world, id);
  authorizeImage(user, "MANAGE", image);
  if (image.vms.size > 0) {
    throw new OneError(
      CODES.action,
      `Cannot delete image. There are ${image.vms.size} VMs using it.`,
    );
  }
  if (image.clones.size > 0) {
    throw new OneError(
      CODES.action,
      `Cannot delete image. There are ${image.clones.size} active clone operations.`,
    );
  }
  if (image.state === "LOCKED" && !force) {
    const text =
      "Image locked, use --force flag to remove the image. Force delete may leave some files on Datastore";
    throw new OneError(CODES.internal, text, id);
  }
  if (image.source === "") {
    world.images.delete(id);
    return id;
  }
  setState(image, "DELETE");
  removeLater(world, image);
  return id;
}

function removeLater(world: World, image: Image): void {
  const run = world.run();
  world.clock.schedule(world.deleteSeconds * 1000, () => {
    if (world.run() === run) {
      world.track(remove(world, image, run));
    }
  });
}

async function remove(world: World, image: Image, run: number): Promise<void> {
  await world.files.remove(image.source);
  if (world.run() === run) {
    world.images.delete(image.id);
  }
}
