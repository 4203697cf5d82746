import type { Call } from "./call.ts";
import { nameProblem } from "./names.ts";
import { CODES, find, OneError } from "./one-error.ts";
import { authorize } from "./permissions.ts";
import { NO_QUOTAS, renderQuotas, setQuotas } from "./quotas.ts";
import { isAdmin } from "./session.ts";
import { renderTemplate } from "./template.ts";
import type { Group, World } from "./world.ts";
import { element, idList } from "./xml-escape.ts";

/** `one.grouppool.info(session)`, newest first; a plain user gets his own groups. */
export function groupPoolInfo({ world, user }: Call): string {
  const groups = [...world.groups.values()]
    .filter(({ id }) => isAdmin(user) || user.groups.includes(id))
    .toSorted((one, other) => other.id - one.id);
  const rows = groups.map(
    (group) =>
      element("GROUP", groupElements(world, group)) +
      element(
        "QUOTAS",
        element("ID", group.id) + renderQuotas(world, { gid: group.id }, group.quotas),
      ),
  );
  return element("GROUP_POOL", rows.join("") + element("DEFAULT_GROUP_QUOTAS", NO_QUOTAS));
}

/** `one.group.info(session, id)`; -1 is the caller's primary group. */
export function groupInfo({ world, user, args }: Call): string {
  const id = args.int(1);
  const group = findGroup(world, id === -1 ? (user.groups[0] ?? id) : id);
  authorize(user, { what: `USE GROUP [${group.id}]`, granted: user.groups.includes(group.id) });
  return element(
    "GROUP",
    groupElements(world, group) +
      renderQuotas(world, { gid: group.id }, group.quotas) +
      element("DEFAULT_GROUP_QUOTAS", NO_QUOTAS),
  );
}

/** `one.group.allocate(session, name)`: without any right to create images, as no ACL names the group. */
export function allocateGroup({ world, user, args }: Call): number {
  const name = args.string(1);
  authorize(user, { what: "CREATE GROUP", granted: false });
  return addGroup(world, name, false);
}

/** @throws OneError for a name that is taken or not allowed */
export function addGroup(world: World, name: string, mayCreate: boolean): number {
  const taken = [...world.groups.values()].find((group) => group.name === name);
  const problem =
    nameProblem(name) ??
    (taken === undefined ? undefined : `NAME is already taken by GROUP ${taken.id}.`);
  if (problem !== undefined) {
    throw new OneError(CODES.internal, problem);
  }
  const id = world.nextIds.group++;
  world.groups.set(id, { id, name, template: new Map(), quotas: new Map(), mayCreate });
  return id;
}

/** `one.group.quota(session, id, template)`. */
export function setGroupQuota({ world, user, args }: Call): number {
  const [id, text] = [args.int(1), args.string(2)];
  const group = findGroup(world, id);
  authorize(user, { what: `MANAGE GROUP [${id}]`, granted: false });
  setQuotas(world, group, text);
  return id;
}

/** @throws OneError 1024 */
export function findGroup(world: World, id: number): Group {
  return find(world.groups, "group", id);
}

function groupElements(world: World, group: Group): string {
  const members = [...world.users.values()]
    .filter(({ groups }) => groups.includes(group.id))
    .map(({ id }) => id);
  return (
    element("ID", group.id) +
    element("NAME", group.name) +
    renderTemplate(group.template) +
    idList("USERS", members) +
    idList("ADMINS", [])
  );
}
