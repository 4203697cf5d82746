import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { succeeds } from "./succeeds.ts";

/** The first file of that name in a PATH that may be executed; undefined when there is none. */
export async function findInPath(name: string, path: string): Promise<string | undefined> {
  for (const directory of path.split(delimiter)) {
    const candidate = join(directory, name);
    if (directory !== "" && (await succeeds(access(candidate, constants.X_OK)))) {
      return candidate;
    }
  }
  return undefined;
}
