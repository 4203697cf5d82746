import { createHash } from "node:crypto";
import type { Call } from "./call.ts";
import { newUser } from "./fresh-install.ts";
import { readUpdate } from "./image-change.ts";
import { authorizeUserChange } from "./image-owner.ts";
import { nameProblem } from "./names.ts";
import { CODES, find, OneError } from "./one-error.ts";
import { authorize } from "./permissions.ts";
import { NO_QUOTAS, renderQuotas, setQuotas } from "./quotas.ts";
import { isAdmin, primaryGroup } from "./session.ts";
import { parseTemplate, renderTemplate, toTemplate } from "./template.ts";
import type { User, World } from "./world.ts";
import { cdata, element, idList } from "./xml-escape.ts";

/** `one.user.info(session, id)`; -1 is oneself. */
export function userInfo({ world, user, args }: Call): string {
  const id = args.int(1);
  const found = findUser(world, id === -1 ? user.id : id);
  authorize(user, { what: `USE USER [${found.id}]`, granted: found === user });
  return element(
    "USER",
    userElements(world, found) +
      renderQuotas(world, { uid: found.id }, found.quotas) +
      element("DEFAULT_USER_QUOTAS", NO_QUOTAS),
  );
}

/** `one.userpool.info(session)`, newest first; a plain user gets only himself. */
export function userPoolInfo({ world, user }: Call): string {
  const users = [...world.users.values()]
    .filter((found) => isAdmin(user) || found === user)
    .toSorted((one, other) => other.id - one.id);
  const rows = users.map(
    (found) =>
      element("USER", userElements(world, found)) +
      element(
        "QUOTAS",
        element("ID", found.id) + renderQuotas(world, { uid: found.id }, found.quotas),
      ),
  );
  return element("USER_POOL", rows.join("") + element("DEFAULT_USER_QUOTAS", NO_QUOTAS));
}

/** `one.user.allocate(session, name, password [, driver [, groups]])`. */
export function allocateUser({ world, user, args }: Call): number {
  const [name, password] = [args.string(1), args.string(2)];
  const groups = args.has(4) ? args.ints(4) : [];
  authorize(user, { what: "CREATE USER", granted: false });
  return addUser(world, name, password, groups);
}

/** @throws OneError for a name that is taken or not allowed, or a group that is missing */
export function addUser(
  world: World,
  name: string,
  password: string,
  groups: readonly number[],
): number {
  const problem =
    nameProblem(name) ?? (name.includes(" ") ? "Invalid NAME, char ' ' is not allowed" : undefined);
  if (problem !== undefined) {
    throw new OneError(CODES.internal, problem);
  }
  const taken = [...world.users.values()].find((user) => user.name === name);
  if (taken !== undefined) {
    throw new OneError(CODES.internal, `NAME is already taken by USER ${taken.id}.`);
  }
  groups.forEach((id) => find(world.groups, "group", id));
  const id = world.nextIds.user++;
  world.users.set(
    id,
    newUser({ id, name, password, groups: groups.length === 0 ? [USERS_GROUP] : [...groups] }),
  );
  return id;
}

/** `one.user.delete(session, id)`: the images stay, with the UID and UNAME of who is gone. */
export function deleteUser(call: Call): number {
  const id = call.args.int(1);
  findUser(call.world, id);
  authorizeUserChange(call, id);
  if (id <= 1) {
    throw new OneError(
      CODES.action,
      "Cannot delete user. oneadmin and serveradmin cannot be deleted.",
    );
  }
  call.world.users.delete(id);
  return id;
}

/** `one.user.chgrp(session, id, gid)`: another primary group. */
export function changeUserGroup(call: Call): number {
  const [id, gid] = [call.args.int(1), call.args.int(2)];
  const found = findUser(call.world, id);
  find(call.world.groups, "group", gid);
  authorizeUserChange(call, id);
  const [old, ...others] = found.groups;
  found.groups = [gid, ...others.filter((other) => other !== gid && other !== old)];
  return id;
}

/** `one.user.quota(session, id, template)`. */
export function setUserQuota(call: Call): number {
  const [id, text] = [call.args.int(1), call.args.string(2)];
  const found = findUser(call.world, id);
  authorizeUserChange(call, id);
  setQuotas(call.world, found, text);
  return id;
}

/** `one.user.update(session, id, template, mode)`, for example of UMASK. */
export function updateUser({ world, user, args }: Call): number {
  const [id, text, mode] = [args.int(1), args.string(2), args.has(3) ? args.int(3) : 0];
  const found = findUser(world, id);
  authorize(user, { what: `MANAGE USER [${id}]`, granted: found === user });
  const given = readUpdate(() => toTemplate(parseTemplate(text, world.version)));
  found.template = mode === 0 ? given : new Map([...found.template, ...given]);
  return id;
}

/** @throws OneError 1024 */
export function findUser(world: World, id: number): User {
  return find(world.users, "user", id);
}

function userElements(world: World, user: User): string {
  const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
  const token = new Map([["TOKEN_PASSWORD", sha256(`token of ${user.id}`)]]);
  return [
    element("ID", user.id),
    element("GID", primaryGroup(user)),
    idList(
      "GROUPS",
      user.groups.toSorted((one, other) => one - other),
    ),
    element("GNAME", world.groups.get(primaryGroup(user))?.name ?? ""),
    element("NAME", user.name),
    cdata("PASSWORD", sha256(user.password)),
    cdata("AUTH_DRIVER", user.authDriver),
    element("ENABLED", 1),
    renderTemplate(new Map([...token, ...user.template])),
  ].join("");
}

const USERS_GROUP = 1;
