import {
  StockUnusable,
  type Endorsements,
  type EndorsementSource,
  type RecordedStanding,
} from "../endorsement/endorsement.ts";
import { readDownloads, unreadDownloads } from "./downloads.ts";
import { endorsedImage } from "./endorsed-image.ts";
import { readIndexFile, type IndexFile } from "./index-file.ts";
import { takeStock, type VmcatcherPlaces } from "./stock.ts";
import { standingOfUnlisted, subscriptionsBeside } from "./unlisted.ts";

/**
 * What vmcatcher endorses. An announcement names the cache that its image lies in, whose index is asked then, and nothing else: every
 * step of every event asks. Everything else is asked where the settings say, and the database beside the index.
 */
export function vmcatcherEndorsement(places: VmcatcherPlaces): EndorsementSource {
  return {
    ofJob: async ({ identifier, cacheIndex }, signal) =>
      cacheIndex === undefined ? undefined : ofIndex(identifier, cacheIndex, signal),
    look: (signal) => lookAt(places, signal),
    takeStock: (now, signal) => takeStock(places, now, signal),
  };
}

async function ofIndex(
  identifier: string,
  path: string,
  signal: AbortSignal,
): Promise<RecordedStanding> {
  const index = await usableIndex(path, signal);
  if (index instanceof StockUnusable) {
    return { kind: "unknown" };
  }
  return endorsedBy(index, identifier) ?? { kind: "not-endorsed" };
}

async function lookAt(
  { cacheIndex: record, downloadDirectory, vmcatcherDatabase }: VmcatcherPlaces,
  signal: AbortSignal,
): Promise<Endorsements> {
  const index = await usableIndex(record, signal);
  if (index instanceof StockUnusable) {
    const notChecked = [index.message];
    return { record, isKnown: false, notChecked, of: () => ({ kind: "unknown" }) };
  }
  const subscriptions = subscriptionsBeside(index.entries, vmcatcherDatabase);
  const isTold = !("notChecked" in subscriptions); // then the downloads tell nothing more
  const downloads = isTold ? undefined : await readDownloads(downloadDirectory, signal);
  return {
    record,
    isKnown: true,
    notChecked: isTold
      ? []
      : [
          subscriptions.notChecked,
          ...(downloads === undefined ? [unreadDownloads(downloadDirectory)] : []),
        ],
    of: (identifier) =>
      endorsedBy(index, identifier) ?? {
        kind: standingOfUnlisted(identifier, subscriptions, downloads),
      },
  };
}

/** @returns what is wrong with it when nothing can be said */
async function usableIndex(path: string, signal: AbortSignal): Promise<IndexFile | StockUnusable> {
  try {
    return await readIndexFile(path, signal);
  } catch (error) {
    if (!(error instanceof StockUnusable)) {
      throw error;
    }
    return error;
  }
}

function endorsedBy({ entries, since }: IndexFile, identifier: string) {
  const entry = entries.get(identifier);
  return entry === undefined
    ? undefined
    : ({ kind: "endorsed", image: endorsedImage(identifier, entry, since) } as const);
}
