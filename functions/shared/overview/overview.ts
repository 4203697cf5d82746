import type { Endorsement } from "../endorsement/endorsement.ts";
import type { Clock } from "../time/clock.ts";
import type { Config } from "../settings/config.ts";
import { IDENTIFIER } from "../../job/identifier.ts";
import type { OpenNebula } from "../opennebula/opennebula.ts";
import type { Queues } from "../queue/queue.ts";
import { listSpool, type SpoolListing } from "../spool/listing.ts";
import { readProgress } from "../staging/staging.ts";
import { conversionOverview, type ConversionOverview } from "./conversion-overview.ts";
import { readDeadLetters, type DeadLetterReader } from "./dead-letter-reader.ts";
import { identifierOverviews, type IdentifierOverview } from "./identifier-overview.ts";
import { queueOverview, type QueueOverview } from "./queue-overview.ts";
import { isUnavailable, orUnavailable, type Unavailable } from "./unavailable.ts";

/**
 * All that an administrator asks for at a glance. A part that could not be asked is an error text: the rest is told all the same.
 * Made of plain values, so that `JSON.stringify` tells it completely; every time is ISO 8601, UTC.
 */
export interface Overview {
  /** When it was asked. */
  readonly at: string;
  readonly spool: SpoolListing | Unavailable;
  /** In the order of the chain. */
  readonly queues: readonly QueueOverview[] | Unavailable;
  /** What is being converted now, the one that began first ahead. */
  readonly conversions: readonly ConversionOverview[] | Unavailable;
  /** What vmcatcher has ever announced and OpenNebula still holds, or is on its way there; by identifier. */
  readonly identifiers: readonly IdentifierOverview[] | Unavailable;
}

/** What an overview is made from. */
export interface OverviewSources {
  readonly config: Pick<Config, "spoolDirectory" | "stagingDirectory">;
  readonly queues: Queues;
  /** The queues to look into, in the order of the chain. */
  readonly queueNames: readonly string[];
  readonly opennebula: Pick<OpenNebula, "images">;
  readonly endorsement: Pick<Endorsement, "look">;
  readonly clock: Pick<Clock, "now">;
  /** Give a remembering one when the overview is collected again and again. */
  readonly readDeadLetters?: DeadLetterReader;
}

/** Asks everything at once and changes nothing: OpenNebula is asked for its image pool only. Bounded in time by itself. */
export async function collectOverview(
  sources: OverviewSources,
  signal: AbortSignal,
): Promise<Overview> {
  const { config, queues, queueNames, opennebula, endorsement, clock } = sources;
  const now = clock.now();
  const reader = sources.readDeadLetters ?? readDeadLetters;
  const [spool, queued, conversions, images, endorsed] = await Promise.all([
    orUnavailable(() => listSpool(config.spoolDirectory), signal),
    orUnavailable(
      () =>
        Promise.all(
          queueNames.map(async (name) => queueOverview(await queues.open(name), reader, now)),
        ),
      signal,
    ),
    orUnavailable(
      async () => (await readProgress(config.stagingDirectory)).map(conversionOverview),
      signal,
    ),
    orUnavailable((stop) => opennebula.images(stop), signal, POOL_LIMIT_MS),
    orUnavailable((stop) => endorsement.look(stop), signal),
  ]);
  const identifiers = isUnavailable(images)
    ? images
    : identifierOverviews({
        images: images.filter(({ attributes }) => attributes.has(IDENTIFIER)),
        queues: isUnavailable(queued) ? [] : queued,
        conversions: isUnavailable(conversions) ? [] : conversions,
        endorsed: isUnavailable(endorsed) ? undefined : endorsed,
      });
  return { at: now.toISOString(), spool, queues: queued, conversions, identifiers };
}

const POOL_LIMIT_MS = 20_000; // thousands of images take a busy front end some seconds
