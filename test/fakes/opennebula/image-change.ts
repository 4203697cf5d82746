import type { Call } from "./call.ts";
import { findImage, imageOf, printedState, setState, type Image, type State } from "./image.ts";
import { nameProblem } from "./names.ts";
import { CODES, OneError } from "./one-error.ts";
import { authorizeImage } from "./permissions.ts";
import { isAdmin } from "./session.ts";
import { isStorable, parseTemplate, toTemplate } from "./template.ts";
import { TemplateError } from "./template-error.ts";

/** `one.image.rename(session, id, name)`; blanks are kept. */
export function renameImage({ world, user, args }: Call): number {
  const [id, name] = [args.int(1), args.string(2)];
  const image = findImage(world, id);
  authorizeImage(user, "MANAGE", image);
  const taken = imageOf(world, image.uid, name);
  if (taken !== undefined && taken !== image) {
    throw new OneError(
      CODES.action,
      `image cannot be renamed to ${name} because it collides with image ${taken.id}`,
    );
  }
  const problem = nameProblem(name);
  if (problem !== undefined) {
    throw new OneError(CODES.action, problem);
  }
  image.name = name;
  return id;
}

/** `one.image.enable(session, id, enable)`: also makes a READY image out of one in ERROR that has no file. */
export function enableImage({ world, user, args }: Call): number {
  const [id, enable] = [args.int(1), args.boolean(2)];
  const image = findImage(world, id);
  authorizeImage(user, "MANAGE", image);
  if (!AT_REST.includes(image.state)) {
    throw wrongState(`Could not ${enable ? "enable" : "disable"} image`, image);
  }
  const wanted = enable ? "READY" : "DISABLED";
  if (image.state !== wanted) {
    setState(image, wanted);
  }
  return id;
}

/** `one.image.persistent(session, id, persistent)`: what it is already may be asked for in every state (not in 6.10). */
export function setPersistent({ world, user, args }: Call): number {
  const [id, persistent] = [args.int(1), args.boolean(2)];
  const image = findImage(world, id);
  authorizeImage(user, "MANAGE", image);
  const isChange = image.persistent !== persistent || world.version === "6.10.5";
  if (isChange && ![...AT_REST, "LOCKED"].includes(image.state)) {
    throw wrongState(`Could not make image ${persistent ? "persistent" : "non-persistent"}`, image);
  }
  image.persistent = persistent;
  return id;
}

/**
 * `one.image.update(session, id, template, mode)`: 0 (the default) replaces the whole TEMPLATE, 1 adds and overwrites.
 * A value that cannot be stored is lost without an error, with all others of the call.
 */
export function updateImage({ world, user, args }: Call): number {
  const [id, text, mode] = [args.int(1), args.string(2), args.has(3) ? args.int(3) : 0];
  if (mode !== 0 && mode !== 1) {
    throw new OneError(CODES.xmlRpcApi, "Wrong update type");
  }
  const image = findImage(world, id);
  authorizeImage(user, "MANAGE", image);
  const given = readUpdate(() => toTemplate(parseTemplate(text, world.version)));
  if (!isAdmin(user) && given.has("SOURCE")) {
    throw new OneError(
      CODES.internal,
      "Cannot update template. User Template includes a restricted attribute SOURCE",
    );
  }
  const updated = mode === 0 ? given : new Map([...image.template, ...given]);
  if (isStorable(updated)) {
    image.template = updated;
  }
  return id;
}

/** Runs a parse of an update. @throws TemplateError with the lead of updates */
export function readUpdate<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof TemplateError
      ? new TemplateError(`Cannot update template. ${error.message}`)
      : error;
  }
}

function wrongState(what: string, { state }: Image): OneError {
  return new OneError(CODES.internal, `${what}: Image cannot be in state ${printedState(state)}.`);
}

const AT_REST: readonly State[] = ["READY", "DISABLED", "ERROR"];
