import { join } from "node:path";
import { namesIn } from "../files/names-in.ts";
import { readRegularFile } from "../files/regular-file.ts";
import { errorText } from "../log/error-text.ts";
import { GiveUp } from "../step/errors.ts";
import { parseEntry } from "./entry.ts";
import { MAX_ENTRY_BYTES } from "./limits.ts";
import { unlessMissing } from "../files/unless-missing.ts";
import { SpoolFailure } from "./spool-failure.ts";

/**
 * The identifiers of the events that lie in the spool. What is no event, enqueue-event will set aside.
 * @throws SpoolFailure when the spool or an entry cannot be read
 */
export async function waitingIdentifiers(spoolDirectory: string): Promise<ReadonlySet<string>> {
  const directory = join(spoolDirectory, "new");
  const identifiers = new Set<string>();
  for (const name of await namesIn(directory)) {
    const path = join(directory, name);
    const identifier = await identifierIn(path);
    if (identifier !== undefined) {
      identifiers.add(identifier);
    }
  }
  return identifiers;
}

async function identifierIn(path: string): Promise<string | undefined> {
  try {
    const bytes = await unlessMissing(readRegularFile(path, MAX_ENTRY_BYTES));
    return bytes === undefined
      ? undefined
      : parseEntry(bytes).variables.get("VMCATCHER_EVENT_DC_IDENTIFIER");
  } catch (error) {
    if (error instanceof GiveUp) {
      return undefined;
    }
    throw new SpoolFailure(`cannot read ${path}: ${errorText(error)}`, { cause: error });
  }
}
