import {
  StockUnusable,
  type Endorsements,
  type EndorsementSource,
} from "../endorsement/endorsement.ts";
import { endorsedImage } from "./endorsed-image.ts";
import { readIndexFile } from "./index-file.ts";
import { takeStock, type VmcatcherPlaces } from "./stock.ts";

/**
 * What vmcatcher endorses. An announcement names the cache that its image lies in, whose index is asked then; everything else is asked
 * where the settings say.
 */
export function vmcatcherEndorsement(places: VmcatcherPlaces): EndorsementSource {
  return {
    ofJob: async ({ identifier, cacheIndex }, signal) =>
      cacheIndex === undefined ? undefined : (await lookAt(cacheIndex, signal)).of(identifier),
    look: (signal) => lookAt(places.cacheIndex, signal),
    takeStock: (now, signal) => takeStock(places, now, signal),
  };
}

async function lookAt(path: string, signal: AbortSignal): Promise<Endorsements> {
  try {
    const { entries, since } = await readIndexFile(path, signal);
    return {
      record: path,
      isKnown: true,
      of: (identifier) => {
        const entry = entries.get(identifier);
        return entry === undefined
          ? { kind: "not-endorsed" }
          : { kind: "endorsed", image: endorsedImage(identifier, entry, since) };
      },
    };
  } catch (error) {
    if (!(error instanceof StockUnusable)) {
      throw error;
    }
    return { record: path, isKnown: false, of: () => ({ kind: "unknown" }) };
  }
}
