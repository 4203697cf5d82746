import { CODES, OneError } from "./one-error.ts";
import type { User, World } from "./world.ts";

/**
 * Who calls: `user:password` in clear, split at the first colon; a line end is part of the password. Login tokens are not
 * simulated. @throws OneError 256, the same for every reason
 */
export function authenticate(world: World, session: string): User {
  const colon = session.indexOf(":");
  const name = session.slice(0, Math.max(colon, 0));
  const user = [...world.users.values()].find(
    (candidate) => candidate.name === name && candidate.authDriver === "core",
  );
  if (colon === -1 || user?.password !== session.slice(colon + 1)) {
    throw new OneError(CODES.authentication, "User couldn't be authenticated, aborting call.");
  }
  return user;
}

/** oneadmin and the members of its group may do everything. */
export function isAdmin(user: User): boolean {
  return user.id === 0 || user.groups.includes(0);
}

/** The primary group. */
export function primaryGroup(user: User): number {
  return user.groups[0] ?? 1;
}
