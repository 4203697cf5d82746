import * as z from "zod";
import { StockUnusable } from "../endorsement/endorsement.ts";
import { readInPieces } from "../files/regular-file.ts";
import { errorText } from "../log/error-text.ts";
import { SharedTextsReader } from "./shared-texts.ts";
import { readSignedList, type SignedList } from "./signed-list.ts";

/** vmcatcher's `cache.index`: its own record of the images in its cache. */
export interface IndexFile {
  /** By identifier. */
  readonly entries: ReadonlyMap<string, IndexEntry>;
  /** When it was last written. */
  readonly since: Date;
  /** The signed list that an entry comes with; undefined when it cannot be read. */
  readonly listOf: (entry: IndexEntry) => SignedList | undefined;
}

/** What vmcatcher must have written; everything else is looked up by name. */
const entrySchema = z.looseObject({
  sha512: z
    .string()
    .regex(/^[0-9A-Fa-f]{128}$/)
    .toLowerCase(),
});
export type IndexEntry = z.output<typeof entrySchema>;

/**
 * Reads the index. vmcatcher overwrites it in place, so a reader may see half of it.
 * @throws StockUnusable when nothing can be said: the file is missing, unreadable, too large, cut off, or not such an index. That is
 *   "unknown", never "not endorsed". An abort throws the signal's reason
 */
export async function readIndexFile(path: string, signal: AbortSignal): Promise<IndexFile> {
  try {
    const document = new SharedTextsReader(SIGNED_LIST);
    const since = await readInPieces(
      path,
      MAX_INDEX_BYTES,
      (piece) => document.write(piece),
      signal,
    );
    const { json, texts } = document.end();
    const entries = indexSchema.parse(JSON.parse(json));
    return { entries, since, listOf: listReader(texts) };
  } catch (error) {
    signal.throwIfAborted();
    throw unusableIndex(path, error);
  }
}

/** What is thrown of an index that cannot be used. */
export function unusableIndex(path: string, error: unknown): StockUnusable {
  return new StockUnusable(
    `vmcatcher's index ${path} cannot be used: ${reason(error)}; nothing is concluded from it. Set VMCATCHER_ONE_CACHE_INDEX if it lies elsewhere`,
    { cause: error },
  );
}

/** The signed list is repeated for every image of it: 300 images of one list are 43 MiB, and every step of an event reads them. */
const SIGNED_LIST = "message";
const MAX_INDEX_BYTES = 64 * 2 ** 20;

// One entry that cannot be understood spoils the whole: to leave it out would read as "not endorsed". A Map, because identifiers
// are free text, and `constructor` is something that every object has.
const indexSchema = z
  .record(z.string(), entrySchema)
  .transform((images) => new Map(Object.entries(images)));

/** Reads each list when it is asked for, once. */
function listReader(texts: readonly Buffer[]): IndexFile["listOf"] {
  const lists = new Map<unknown, SignedList | undefined>();
  return (entry) => {
    const number = entry[SIGNED_LIST];
    if (!lists.has(number)) {
      const text = texts[/^\d{1,9}$/.test(String(number)) ? Number(number) : -1];
      // Another writer than Python's json leaves the text where it was.
      const message = text === undefined ? number : JSON.parse(`"${text.toString("utf8")}"`);
      lists.set(number, typeof message === "string" ? readSignedList(message) : undefined);
    }
    return lists.get(number);
  };
}

function reason(error: unknown): string {
  if (error instanceof SyntaxError) {
    return "it is not JSON, perhaps vmcatcher was interrupted while it wrote it";
  }
  if (error instanceof z.ZodError) {
    const [issue] = error.issues;
    return `it is not an index of vmcatcher: ${JSON.stringify(issue?.path ?? [])}: ${issue?.message ?? ""}`;
  }
  return errorText(error);
}
