import { readdir } from "node:fs/promises";
import { unlessMissing } from "./unless-missing.ts";

/** The names in a directory, in order; one that does not exist yet is an empty one. */
export async function namesIn(directory: string): Promise<readonly string[]> {
  return ((await unlessMissing(readdir(directory))) ?? []).sort();
}
