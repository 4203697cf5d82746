import type { Lineage } from "../shared/lineage/lineage.ts";
import { lineageOf } from "../shared/lineage/lineage.ts";
import { IDENTIFIER } from "../job/identifier.ts";
import { GiveUp } from "../shared/step/errors.ts";
import type { Image } from "../shared/opennebula/opennebula.ts";
import type { ReconcileDeps } from "./deps.ts";
import { readDownloads, type Downloads } from "../shared/vmcatcher/downloads.ts";
import { readEndorsements, type Endorsements } from "../shared/vmcatcher/endorsements.ts";
import { readSubscriptions, type Subscriptions } from "../shared/vmcatcher/database.ts";
import { lookForWork, type Work } from "./work.ts";

/** All that a plan rests on, read in this order: what vmcatcher says, what is under way, what OpenNebula holds. */
export interface Evidence {
  readonly now: Date;
  readonly endorsements: Endorsements;
  readonly subscriptions: Subscriptions;
  readonly downloads: Downloads | undefined;
  readonly work: Work;
  readonly lineages: ReadonlyMap<string, Lineage | Ambiguous>;
}

/** Two images of the NAME. */
export interface Ambiguous {
  readonly ambiguous: string;
}

/** Reads it all. @throws IndexUnusable; what the spool, the queues or OpenNebula throw */
export async function gatherEvidence(deps: ReconcileDeps, signal: AbortSignal): Promise<Evidence> {
  const { config } = deps;
  const now = deps.clock.now();
  const endorsements = await readEndorsements(config.cacheIndex, now, signal);
  const subscriptions = ownSubscriptions(readSubscriptions(config.vmcatcherDatabase), endorsements);
  const downloads = await readDownloads(config.downloadDirectory, signal);
  const work = await lookForWork(() => deps.spool.waiting(), await deps.queues());
  const lineages = lineagesOf(await deps.opennebula.images(signal));
  return { now, endorsements, subscriptions, downloads, work, lineages };
}

/** A database that knows nothing of what lies in the cache is another one's: to trust it would retire everything. */
function ownSubscriptions(subscriptions: Subscriptions, { images }: Endorsements): Subscriptions {
  if ("notChecked" in subscriptions || images.size === 0) {
    return subscriptions;
  }
  return [...images.keys()].some((identifier) => subscriptions.images.has(identifier))
    ? subscriptions
    : {
        notChecked:
          "vmcatcher's database: it knows none of the images in the cache, so it is not this vmcatcher's",
      };
}

/** Images by identifier, as the chain sees them. */
function lineagesOf(pool: readonly Image[]): ReadonlyMap<string, Lineage | Ambiguous> {
  const groups = Map.groupBy(
    pool.filter(({ attributes }) => attributes.has(IDENTIFIER)),
    ({ attributes }) => attributes.get(IDENTIFIER) ?? "",
  );
  return new Map(
    [...groups].map(([identifier, images]) => [identifier, oneLineage(identifier, images)]),
  );
}

function oneLineage(identifier: string, images: readonly Image[]): Lineage | Ambiguous {
  try {
    return lineageOf(identifier, images);
  } catch (error) {
    if (error instanceof GiveUp) {
      return { ambiguous: error.message };
    }
    throw error;
  }
}
