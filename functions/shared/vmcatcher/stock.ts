import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import * as z from "zod";
import { type AwaitedImage, type Stock, StockUnusable } from "../endorsement/endorsement.ts";
import { eventTimeAt, eventTimeOf } from "../time/event-time.ts";
import type { Subscriptions } from "./database.ts";
import { endorsedImage } from "./endorsed-image.ts";
import { DOWNLOAD_TRIES, readDownloads, unreadDownloads, type Downloads } from "./downloads.ts";
import { readIndexFile, unusableIndex } from "./index-file.ts";
import { stockedImage, type CachedImage } from "./stocked-image.ts";
import { standingOfUnlisted, subscriptionsBeside } from "./unlisted.ts";

/** Where vmcatcher keeps what it knows; as of the settings. */
export interface VmcatcherPlaces {
  readonly cacheIndex: string;
  readonly downloadDirectory: string;
  readonly vmcatcherDatabase: string;
}

/**
 * Reads vmcatcher's index with all that it says of each image, its database and its directory of downloads. A database or a directory
 * that cannot be read is "not checked".
 * @throws StockUnusable when the index is missing, unreadable, half-written, or not such an index
 */
export async function takeStock(
  { cacheIndex: path, downloadDirectory, vmcatcherDatabase }: VmcatcherPlaces,
  now: Date,
  signal: AbortSignal,
): Promise<Stock> {
  const { savedAt, isCurrent, images } = await readCache(path, now, signal);
  const subscriptions = subscriptionsBeside(images, vmcatcherDatabase);
  const downloads = await readDownloads(downloadDirectory, signal);
  return {
    record: path,
    directory: dirname(path),
    savedAt,
    isCurrent,
    images,
    awaited: awaitedOf(images, subscriptions, downloads),
    standingOf: (identifier) => standingOfUnlisted(identifier, subscriptions, downloads),
    perhapsAwaited: perhapsAwaited(downloads),
    notChecked: [
      ...("notChecked" in subscriptions ? [subscriptions.notChecked] : []),
      ...(downloads === undefined ? [unreadDownloads(downloadDirectory)] : []),
      ...unreadLists(images),
    ],
  };
}

async function readCache(path: string, now: Date, signal: AbortSignal) {
  try {
    const before = await versionOf(path);
    const { entries, since, listOf } = await readIndexFile(path, signal);
    const files = [...entries].map(
      ([identifier, entry]) => [identifier, entry, fileOf(identifier, entry)] as const,
    );
    if ((await versionOf(path)).text !== before.text) {
      throw new Error("vmcatcher writes it at this moment");
    }
    const latest = eventTimeAt(now);
    return {
      savedAt: before.savedAt < latest ? before.savedAt : latest,
      isCurrent: async () => (await versionOf(path)).text === before.text,
      images: new Map(
        files.map(([identifier, entry, file]) => [
          identifier,
          stockedImage(endorsedImage(identifier, entry, since), entry, file, listOf),
        ]),
      ),
    };
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof StockUnusable ? error : unusableIndex(path, error);
  }
}

async function versionOf(path: string) {
  const { mtimeNs, size, ino } = await stat(path, { bigint: true });
  return { savedAt: eventTimeOf(mtimeNs), text: `${mtimeNs} ${size} ${ino}` };
}

const fileSchema = z
  .object({ size: z.coerce.number().int().min(0), filename: z.string().min(1) })
  .transform(({ size, filename }) => ({ sizeBytes: size, filename }));

/** @throws ZodError with the identifier in its path */
function fileOf(identifier: string, entry: unknown): z.output<typeof fileSchema> {
  const file = fileSchema.safeParse(entry);
  if (file.success) {
    return file.data;
  }
  const { issues } = file.error;
  throw new z.ZodError(issues.map((issue) => ({ ...issue, path: [identifier, ...issue.path] })));
}

/** Images that vmcatcher wants and does not have. Without its database, those whose download it has begun are known. */
function awaitedOf(
  images: ReadonlyMap<string, CachedImage>,
  subscriptions: Subscriptions,
  downloads: Downloads | undefined,
): readonly AwaitedImage[] {
  const wanted: readonly { readonly identifier: string; readonly title?: string | undefined }[] =
    "images" in subscriptions
      ? [...subscriptions.images.values()].filter(({ endorsed }) => endorsed)
      : [...(downloads?.tries.keys() ?? [])].map((identifier) => ({ identifier }));
  return wanted
    .filter(({ identifier }) => !images.has(identifier))
    .map(({ identifier, title }) => {
      const tries = downloads?.tries.get(identifier) ?? 0;
      return { identifier, title, tries, givenUp: tries >= DOWNLOAD_TRIES };
    });
}

function perhapsAwaited(downloads: Downloads | undefined): string | undefined {
  if (downloads === undefined) {
    return "whether vmcatcher is downloading a newer version cannot be told (VMCATCHER_CACHE_DIR_DOWNLOAD)";
  }
  return downloads.busy ? "vmcatcher is perhaps downloading a newer version" : undefined;
}

function unreadLists(images: ReadonlyMap<string, CachedImage>): readonly string[] {
  const unread = [...images.values()].filter(({ listRead }) => !listRead).length;
  return unread === 0
    ? []
    : [
        `changed texts and the list's date of ${unread} images: their list in the index cannot be read, or is a newer one than vmcatcher has downloaded`,
      ];
}
