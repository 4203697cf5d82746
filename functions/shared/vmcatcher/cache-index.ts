import * as z from "zod";
import { JsonWithoutTexts } from "./json-without-texts.ts";
import { readInPieces } from "../files/regular-file.ts";

/** What vmcatcher endorses at a moment: its own record of the images in its cache. */
export interface CacheIndex {
  /** @returns undefined when vmcatcher does not endorse the identifier */
  entry(identifier: string): CacheEntry | undefined;
}

/** One endorsed image. What the list leaves empty is absent. */
export interface CacheEntry {
  /** Lower-case hexadecimal. */
  readonly sha512: string;
  readonly title?: string | undefined;
  /** As the list spells it, for example `2499-12-31T22:00:00Z`. */
  readonly expires?: string | undefined;
  /** As the list spells them; most lists mean MiB, some do not say. */
  readonly ramMinimum?: string | undefined;
  readonly ramRecommended?: string | undefined;
  readonly coreMinimum?: string | undefined;
  readonly coreRecommended?: string | undefined;
}

/**
 * Reads vmcatcher's `cache.index`. vmcatcher overwrites it in place, so a reader may see half of it.
 * @returns undefined when nothing can be said: the file is missing, unreadable, too large, cut off, or not such an index.
 * That is "unknown", never "not endorsed". An abort throws the signal's reason.
 */
export async function readCacheIndex(
  path: string,
  signal?: AbortSignal,
): Promise<CacheIndex | undefined> {
  try {
    const document = new JsonWithoutTexts(SIGNED_LIST);
    await readInPieces(path, MAX_INDEX_BYTES, (piece) => document.write(piece), signal);
    const entries = indexSchema.parse(JSON.parse(document.end()));
    return { entry: (identifier) => entries.get(identifier) };
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

/** The signed list is repeated for every image of it: 300 images of one list are 43 MiB, and every step of an event reads them. */
const SIGNED_LIST = "message";
const MAX_INDEX_BYTES = 64 * 2 ** 20;

/** What a list leaves empty or null counts as absent, and so does what is no text at all. */
const hint = z
  .union([z.string(), z.number().transform(String)])
  .optional()
  .catch(undefined)
  .transform((text) => (text === "" || text === "None" ? undefined : text));

const entrySchema = z
  .object({
    sha512: z
      .string()
      .regex(/^[0-9A-Fa-f]{128}$/)
      .toLowerCase(),
    "dc:title": hint,
    "hv:image.dc:date:expires": hint,
    "hv:image.hv:ram_minimum": hint,
    "hv:image.ad:ram_recommended": hint,
    "hv:image.hv:core_minimum": hint,
    "hv:image.ad:core_recommended": hint,
  })
  .transform((image): CacheEntry => ({
    sha512: image.sha512,
    title: image["dc:title"],
    expires: image["hv:image.dc:date:expires"],
    ramMinimum: image["hv:image.hv:ram_minimum"],
    ramRecommended: image["hv:image.ad:ram_recommended"],
    coreMinimum: image["hv:image.hv:core_minimum"],
    coreRecommended: image["hv:image.ad:core_recommended"],
  }));

// One entry without a checksum spoils the whole: to leave it out would read as "not endorsed". A Map, because identifiers
// are free text, and `constructor` is something that every object has.
const indexSchema = z
  .record(z.string(), entrySchema)
  .transform((images) => new Map(Object.entries(images)));
