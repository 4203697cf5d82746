import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { namesIn } from "../files/names-in.ts";

/** What lies in the spool. */
export interface SpoolListing {
  /** Events that are safe on disk and not yet in the first queue. */
  readonly waiting: number;
  /** When the oldest waiting event was recorded: ISO 8601, UTC. */
  readonly oldest?: string | undefined;
  /** Entries that could not be understood, with the reason that was written beside each. */
  readonly bad: readonly { readonly name: string; readonly reason: string }[];
}

/** A spool that does not exist yet is an empty one. */
export async function listSpool(spoolDirectory: string): Promise<SpoolListing> {
  const { waiting, bad } = await names(spoolDirectory);
  const told = bad.map(async (name) => ({
    name,
    reason: await reasonBeside(join(spoolDirectory, "bad", name)),
  }));
  return {
    waiting: waiting.length,
    oldest: recordedAt(waiting[0]),
    bad: await Promise.all(told),
  };
}

/** How much lies in the spool: two directories are read, and no file. */
export async function countSpool(
  spoolDirectory: string,
): Promise<{ readonly waiting: number; readonly bad: number }> {
  const { waiting, bad } = await names(spoolDirectory);
  return { waiting: waiting.length, bad: bad.length };
}

/** The hook's names begin with seconds since 1970, so their order is the order of events. */
function recordedAt(name: string | undefined): string | undefined {
  const seconds = /^(\d{1,11})\.\d{9}-/.exec(name ?? "")?.[1];
  return seconds === undefined ? undefined : new Date(Number(seconds) * 1000).toISOString();
}

async function names(spoolDirectory: string) {
  const bad = await namesIn(join(spoolDirectory, "bad"));
  return {
    waiting: await namesIn(join(spoolDirectory, "new")),
    bad: bad.filter((name) => !name.endsWith(".reason")),
  };
}

async function reasonBeside(path: string): Promise<string> {
  const text = await readFile(`${path}.reason`, "utf8").catch(
    () => "no reason was written (interrupted)",
  );
  return text.trim();
}
