import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { namesIn } from "../files/names-in.ts";
import { readRegularFile } from "../files/regular-file.ts";
import { parseEntry } from "./entry.ts";
import { MAX_ENTRY_BYTES } from "./limits.ts";

/**
 * Removes the entries of `bad/` that an entry which was set aside now says anew: earlier ones of the same event and the same identifier,
 * with the same reason. A list whose image can never be registered brings one with each version, and its last one tells all.
 * @param bad the directory @param name the entry that stays
 */
export async function removeEarlierBad(bad: string, name: string): Promise<void> {
  const what = await whatOf(bad, name);
  const subject = what === undefined ? undefined : await subjectOf(bad, name);
  if (subject === undefined) {
    return;
  }
  for (const earlier of await namesIn(bad)) {
    if (
      earlier < name &&
      !earlier.endsWith(".reason") &&
      (await whatOf(bad, earlier)) === what &&
      (await subjectOf(bad, earlier)) === subject
    ) {
      // The entry first: one in bad/ has a reason, whenever this is interrupted.
      await rm(join(bad, earlier), { force: true });
      await rm(join(bad, `${earlier}.reason`), { force: true });
    }
  }
}

/** The first line of a reason, which alone is not about the entry's name. */
async function whatOf(bad: string, name: string): Promise<string | undefined> {
  const reason = await readFile(join(bad, `${name}.reason`), "utf8").catch(() => undefined);
  return reason?.split("\n", 1).join();
}

/** @returns undefined for what tells nobody's identifier: it is like no other */
async function subjectOf(bad: string, name: string): Promise<string | undefined> {
  try {
    const { variables } = parseEntry(await readRegularFile(join(bad, name), MAX_ENTRY_BYTES));
    const identifier = variables.get("VMCATCHER_EVENT_DC_IDENTIFIER");
    return identifier === undefined
      ? undefined
      : JSON.stringify([identifier, variables.get("VMCATCHER_EVENT_TYPE")]);
  } catch {
    return undefined; // cut off, no file at all, or gone
  }
}
