import type { Deps } from "../shared/step/deps.ts";
import { conversionOverview } from "../shared/overview/conversion-overview.ts";
import { isUnavailable, orUnavailable } from "../shared/overview/unavailable.ts";
import type { Queues } from "../shared/queue/queue.ts";
import { countSpool } from "../shared/spool/listing.ts";
import { readProgress } from "../shared/staging/staging.ts";
import type { Sample } from "./samples.ts";

/** Looks at queues, spool and conversions, and not at OpenNebula: a picture of its images costs too much to be taken unasked. */
export async function takeSample(options: Sampled, signal: AbortSignal): Promise<Sample> {
  const { config, clock } = options.deps;
  const [backlog, progress] = await Promise.all([
    orUnavailable(() => measureBacklog(options), signal),
    orUnavailable(() => readProgress(config.stagingDirectory), signal),
  ]);
  const conversions = isUnavailable(progress) ? [] : progress.map(conversionOverview);
  return {
    at: clock.now().getTime(),
    backlog: isUnavailable(backlog) ? undefined : backlog,
    converting: conversions.length,
    bytesPerSecond: conversions.reduce((sum, { bytesPerSecond = 0 }) => sum + bytesPerSecond, 0),
  };
}

interface Sampled {
  readonly deps: Pick<Deps, "config" | "clock">;
  readonly queues: Queues;
  readonly queueNames: readonly string[];
}

async function measureBacklog({ deps, queues, queueNames }: Sampled) {
  const depths = await Promise.all(
    queueNames.map(async (name) => (await queues.open(name)).depth()),
  );
  const spool = await countSpool(deps.config.spoolDirectory);
  return depths.reduce(
    (sum, { waiting, inFlight, dead }) => ({
      waiting: sum.waiting + waiting,
      inFlight: sum.inFlight + inFlight,
      dead: sum.dead + dead,
    }),
    { waiting: spool.waiting, inFlight: 0, dead: 0 },
  );
}
