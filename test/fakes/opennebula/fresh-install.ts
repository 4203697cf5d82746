import type { AttributeValue } from "./template.ts";
import type { Datastore, User, Version, World } from "./world.ts";

/** Fills a new world with what OpenNebula's first start makes. */
export function installFresh(world: World): void {
  world.groups.set(0, {
    id: 0,
    name: "oneadmin",
    template: new Map(),
    quotas: new Map(),
    mayCreate: true,
  });
  world.groups.set(1, {
    id: 1,
    name: "users",
    template: new Map([["SUNSTONE", SUNSTONE]]),
    quotas: new Map(),
    mayCreate: true,
  });
  world.users.set(0, newUser({ id: 0, name: "oneadmin", password: world.password, groups: [0] }));
  world.users.set(
    1,
    newUser({
      id: 1,
      name: "serveradmin",
      password: "serveradmin",
      groups: [0],
      authDriver: "server_cipher",
    }),
  );
  for (const [id, name, type] of DATASTORES) {
    world.datastores.set(id, newDatastore(world, { id, name, type }));
  }
}

/** A user without quotas. */
export function newUser(
  given: Pick<User, "id" | "name" | "password" | "groups"> & Partial<User>,
): User {
  return { authDriver: "core", quotas: new Map(), template: new Map(), ...given };
}

/** A datastore with the template that a stock install gives its kind. */
export function newDatastore(
  world: World,
  given: Pick<Datastore, "id" | "name" | "type"> & Partial<Datastore>,
): Datastore {
  const space = given.type === "SYSTEM" ? { totalMb: 0, freeMb: 0, usedMb: 0 } : MONITORED;
  const template = new Map<string, AttributeValue>([
    ...COMMON,
    ...(given.type === "SYSTEM" ? SYSTEM : STORE),
    ...(given.type === "FILE" ? [] : [["DISK_TYPE", "FILE"] as const]),
    ["TM_MAD", driver(world.version)],
    ["TYPE", `${given.type}_DS`],
    ["SAFE_DIRS", world.safeDirs.join(" ")],
  ]);
  return { template, usableBy: "all", space, enforcesSpace: false, ...given };
}

function driver(version: Version): string {
  return version === "6.10.5" ? "ssh" : "local";
}

const DATASTORES = [
  [0, "system", "SYSTEM"],
  [1, "default", "IMAGE"],
  [2, "files", "FILE"],
] as const;

/** Figures of a real machine, in MiB. */
const MONITORED = { totalMb: 258_020, freeMb: 64_090, usedMb: 39_807 };

const COMMON = [
  ["ALLOW_ORPHANS", "FORMAT"],
  ["PERSISTENT_SNAPSHOTS", "YES"],
  ["RESTRICTED_DIRS", "/"],
] as const;
const STORE = [
  ["CLONE_TARGET", "SYSTEM"],
  ["DS_MAD", "fs"],
  ["LN_TARGET", "SYSTEM"],
] as const;
const SYSTEM = [
  ["DS_MIGRATE", "YES"],
  ["SHARED", "NO"],
] as const;

const SUNSTONE: ReadonlyMap<string, string> = new Map([
  ["DEFAULT_VIEW", "cloud"],
  ["GROUP_ADMIN_DEFAULT_VIEW", "groupadmin"],
  ["GROUP_ADMIN_VIEWS", "groupadmin,cloud"],
  ["VIEWS", "cloud"],
]);
