import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { unlessMissing } from "../shared/files/unless-missing.ts";

/** An absolute path without symbolic links, as `readlink -m` prints it: what does not exist yet stays as it is written. */
export async function resolvePath(path: string): Promise<string> {
  const real = await unlessMissing(realpath(path));
  return real ?? join(await resolvePath(dirname(path)), basename(path));
}

/** The path itself, or the nearest directory above it that exists, without symbolic links. */
export async function nearestExisting(path: string): Promise<string> {
  return (await unlessMissing(realpath(path))) ?? nearestExisting(dirname(path));
}
