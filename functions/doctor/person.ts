import { userInfo } from "node:os";
import { execa } from "execa";

/** A user of this host. */
export interface Person {
  readonly name: string;
  readonly uid: number;
  /** The primary group first. */
  readonly gids: readonly number[];
}

/** Looks a user up where the host does (files, LDAP, …). @returns undefined when there is none, or nobody to ask */
export async function findPerson(
  nameOrUid: string,
  signal: AbortSignal,
): Promise<Person | undefined> {
  const entry = await output("getent", ["passwd", "--", nameOrUid], signal);
  const [name = "", , uid, gid] = entry.split("\n", 1).join().split(":");
  if (name === "" || !/^\d+$/.test(`${uid}${gid}`)) {
    return undefined;
  }
  const others = (await output("id", ["-G", "--", name], signal)).split(/\s+/).filter(Boolean);
  return { name, uid: Number(uid), gids: [...new Set([Number(gid), ...others.map(Number)])] };
}

/** The user that runs this; undefined where the system has none. */
export function ourselves(): Person | undefined {
  const { geteuid, getegid, getgroups } = process;
  if (geteuid === undefined || getegid === undefined || getgroups === undefined) {
    return undefined;
  }
  const uid = geteuid();
  return { name: nameOf(uid), uid, gids: [...new Set([getegid(), ...getgroups()])] };
}

/** A container may run as a number that has no name. */
function nameOf(uid: number): string {
  try {
    return userInfo().username;
  } catch {
    return String(uid);
  }
}

async function output(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const result = await execa(program, [...args], {
    cancelSignal: signal,
    reject: false,
    stdin: "ignore",
    stderr: "ignore",
  });
  return result.exitCode === 0 ? result.stdout : "";
}
