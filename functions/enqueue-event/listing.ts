import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** What lies in the spool. */
export interface SpoolListing {
  /** Events that are safe on disk and not yet in the first queue. */
  readonly waiting: number;
  /** Entries that could not be understood, with the reason that was written beside each. */
  readonly bad: readonly { readonly name: string; readonly reason: string }[];
}

/** A spool that does not exist yet is an empty one. */
export async function listSpool(spoolDirectory: string): Promise<SpoolListing> {
  const waiting = await entries(join(spoolDirectory, "new"));
  const badDirectory = join(spoolDirectory, "bad");
  const names = (await entries(badDirectory)).filter((name) => !name.endsWith(".reason"));
  const bad = names.map(async (name) => ({
    name,
    reason: await reasonBeside(join(badDirectory, name)),
  }));
  return { waiting: waiting.length, bad: await Promise.all(bad) };
}

async function entries(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return [];
    }
    throw error;
  }
}

async function reasonBeside(path: string): Promise<string> {
  const text = await readFile(`${path}.reason`, "utf8").catch(
    () => "no reason was written (interrupted)",
  );
  return text.trim();
}
