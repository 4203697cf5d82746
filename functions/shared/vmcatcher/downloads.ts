import { join } from "node:path";
import * as z from "zod";
import { namesIn } from "../files/names-in.ts";
import { readRegularFile } from "../files/regular-file.ts";

/** What vmcatcher wants to have and does not have in its cache yet. */
export interface Downloads {
  /** How often the download of each image has failed or is being tried, for the list that is current. */
  readonly tries: ReadonlyMap<string, number>;
  /** Whether a file lies there: vmcatcher is perhaps in the middle of a run. */
  readonly busy: boolean;
}

/** Tries after which vmcatcher waits for the next list without a word (manged_directory.py:127). */
export const DOWNLOAD_TRIES = 5;

/** Reads the directory of unfinished downloads. @returns undefined when it cannot be read */
export async function readDownloads(
  directory: string,
  signal: AbortSignal,
): Promise<Downloads | undefined> {
  try {
    const bytes = await readRegularFile(join(directory, INDEX), MAX_INDEX_BYTES, signal);
    const entries = Object.entries(indexSchema.parse(JSON.parse(bytes.toString("utf8"))));
    const names = await namesIn(directory);
    return {
      tries: new Map(entries.map(([identifier, entry]) => [identifier, triesOf(entry)])),
      busy: names.some((name) => name !== INDEX),
    };
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** That it was not read, in a sentence. */
export function unreadDownloads(directory: string): string {
  return `vmcatcher's downloads in ${directory}: they cannot be read`;
}

const INDEX = "cache.index";
const MAX_INDEX_BYTES = 64 * 2 ** 20;

const indexSchema = z.record(
  z.string(),
  z.object({
    msgHash: z.string().optional(),
    DownLoadTrys: z.object({ count: z.int(), msgHash: z.string() }).optional(),
  }),
);

/** Tries for an older list do not count: vmcatcher begins anew with each. */
function triesOf({ msgHash, DownLoadTrys }: z.output<typeof indexSchema>[string]): number {
  return DownLoadTrys?.msgHash === msgHash ? (DownLoadTrys?.count ?? 0) : 0;
}
