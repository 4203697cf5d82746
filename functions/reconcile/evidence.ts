import type { Lineage } from "../shared/lineage/lineage.ts";
import { lineageOf } from "../shared/lineage/lineage.ts";
import { IDENTIFIER } from "../job/identifier.ts";
import { GiveUp } from "../shared/step/errors.ts";
import type { Image } from "../shared/opennebula/opennebula.ts";
import type { Stock } from "../shared/endorsement/endorsement.ts";
import type { ReconcileDeps } from "./deps.ts";
import { lookForWork, type Work } from "./work.ts";

/** All that a plan rests on, read in this order: what is endorsed, what is under way, what OpenNebula holds. */
export interface Evidence {
  readonly now: Date;
  readonly stock: Stock;
  readonly work: Work;
  readonly lineages: ReadonlyMap<string, Lineage | Ambiguous>;
}

/** Two images of the NAME. */
export interface Ambiguous {
  readonly ambiguous: string;
}

/** Reads it all. @throws StockUnusable; what the spool, the queues or OpenNebula throw */
export async function gatherEvidence(deps: ReconcileDeps, signal: AbortSignal): Promise<Evidence> {
  const now = deps.clock.now();
  const stock = await deps.endorsement.takeStock(now, signal);
  const work = await lookForWork(() => deps.spool.waiting(), await deps.queues());
  const lineages = lineagesOf(await deps.opennebula.images(signal));
  return { now, stock, work, lineages };
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
