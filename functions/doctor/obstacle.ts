import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { succeeds } from "../shared/files/succeeds.ts";
import type { Person } from "./person.ts";

export const READ = 4;
export const WRITE = 2;
/** Of a directory: to reach what is in it. */
export const EXECUTE = 1;

/**
 * What keeps a user from a file or directory: a directory on the way that he may not enter, or the thing itself. For the user
 * that runs this the kernel is asked; for another one owner, group and mode decide, and ACLs are not looked at.
 * @param wanted READ, WRITE and EXECUTE added
 * @returns a sentence; undefined when nothing does
 * @throws what node:fs throws when the path does not exist or we may not look
 */
export async function obstacle(
  path: string,
  person: Person,
  wanted: number,
): Promise<string | undefined> {
  const target = await realpath(path);
  const isUs = person.uid === process.geteuid?.();
  if (isUs && (await succeeds(access(target, wanted)))) {
    return undefined;
  }
  const onTheWay = directoriesTo(target).map((path): [string, number] => [path, EXECUTE]);
  for (const [one, right] of [...onTheWay, [target, wanted] as const]) {
    const refusal = await refusalOf(one, person, right);
    if (refusal !== undefined) {
      return isUs ? `${refusal})` : `${refusal}; ACLs were not looked at)`;
    }
  }
  return isUs ? `${target} is refused, although its mode allows it` : undefined;
}

/** Whether somebody may do that with a file of such an owner, group and mode. */
export function mayAccess(
  file: { readonly uid: number; readonly gid: number; readonly mode: number },
  { uid, gids }: Person,
  wanted: number,
): boolean {
  if (uid === ROOT) {
    // Even root cannot execute what nobody may.
    return (wanted & EXECUTE) === 0 || isDirectory(file.mode) || (file.mode & 0o111) !== 0;
  }
  const shift = file.uid === uid ? 6 : gids.includes(file.gid) ? 3 : 0;
  return ((file.mode >> shift) & wanted) === wanted;
}

const ROOT = 0;

function isDirectory(mode: number): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFDIR;
}

function directoriesTo(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === path ? [] : [...directoriesTo(parent), parent];
}

async function refusalOf(
  path: string,
  person: Person,
  wanted: number,
): Promise<string | undefined> {
  const file = await stat(path);
  if (mayAccess(file, person, wanted)) {
    return undefined;
  }
  const mode = (file.mode & 0o7777).toString(8).padStart(4, "0");
  return `the user ${person.name} may not ${verb(wanted, isDirectory(file.mode))} ${path} (mode ${mode}, uid ${file.uid}, gid ${file.gid}`;
}

function verb(wanted: number, directory: boolean): string {
  const verbs = [
    (wanted & READ) === 0 ? [] : ["read"],
    (wanted & WRITE) === 0 ? [] : ["write to"],
    (wanted & EXECUTE) === 0 ? [] : [directory ? "enter" : "execute"],
  ];
  return verbs.flat().join(" and ");
}
