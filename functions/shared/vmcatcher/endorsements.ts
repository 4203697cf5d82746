import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import * as z from "zod";
import { errorText } from "../log/error-text.ts";
import { readRegularFile } from "../files/regular-file.ts";
import { endorsementReader, indexEntrySchema, type Endorsement } from "./endorsement.ts";
import { eventTimeOf } from "../time/event-time.ts";

/** What vmcatcher endorses, as of the moment when it last saved its index. */
export interface Endorsements {
  readonly path: string;
  /** vmcatcher's cache. */
  readonly directory: string;
  /** When vmcatcher saved it, never later than now. The hook of the change that was saved runs after this. */
  readonly savedAt: string;
  readonly images: ReadonlyMap<string, Endorsement>;
  /** Whether the index is the same still. */
  isCurrent(): Promise<boolean>;
}

/** Thrown when the index cannot be a basis for anything: nothing is planned, and nothing is done. */
export class IndexUnusable extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = "IndexUnusable";
  }
}

/**
 * Reads vmcatcher's `cache.index` with all that it says of each image.
 * @throws IndexUnusable when it is missing, unreadable, half-written, or not such an index
 */
export async function readEndorsements(
  path: string,
  now: Date,
  signal: AbortSignal,
): Promise<Endorsements> {
  try {
    const before = await versionOf(path);
    const bytes = await readRegularFile(path, MAX_INDEX_BYTES, signal);
    const entries = indexSchema.parse(JSON.parse(bytes.toString("utf8")));
    if ((await versionOf(path)).text !== before.text) {
      throw new Error("vmcatcher writes it at this moment");
    }
    const read = endorsementReader();
    const nanoseconds = BigInt(now.getTime()) * 1_000_000n;
    return {
      path,
      directory: dirname(path),
      savedAt: eventTimeOf(before.savedAt < nanoseconds ? before.savedAt : nanoseconds),
      images: new Map(entries.map(([identifier, entry]) => [identifier, read(identifier, entry)])),
      isCurrent: async () => (await versionOf(path)).text === before.text,
    };
  } catch (error) {
    signal.throwIfAborted();
    throw new IndexUnusable(
      `vmcatcher's index ${path} cannot be used: ${reason(error)}; nothing is concluded from it. Set VMCATCHER_ONE_CACHE_INDEX if it lies elsewhere`,
      { cause: error },
    );
  }
}

// As of functions/shared/cache-index.ts: the signed list is repeated for every image.
const MAX_INDEX_BYTES = 64 * 2 ** 20;

// One entry that cannot be understood spoils the whole: to leave it out would read as "not endorsed".
const indexSchema = z
  .record(z.string(), indexEntrySchema)
  .transform(Object.entries<z.output<typeof indexEntrySchema>>);

async function versionOf(path: string) {
  const { mtimeNs, size, ino } = await stat(path, { bigint: true });
  return { savedAt: mtimeNs, text: `${mtimeNs} ${size} ${ino}` };
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
