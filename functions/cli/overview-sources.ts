import { steps } from "../registry.ts";
import { systemClock } from "../shared/time/clock.ts";
import type { Config } from "../shared/settings/config.ts";
import { endorsementOf } from "../shared/worker/endorsement-sources.ts";
import { createOpenNebula } from "../shared/opennebula/client.ts";
import type { OverviewSources } from "../shared/overview/overview.ts";
import type { Queues } from "../shared/queue/queue.ts";

/** What a command makes an overview from: everything that the settings name. */
export function overviewSources(config: Config, queues: Queues): OverviewSources {
  return {
    config,
    queues,
    queueNames: Object.keys(steps),
    opennebula: createOpenNebula({ endpoint: config.oneXmlrpc, authFile: config.oneAuthFile }),
    endorsement: endorsementOf(config),
    clock: systemClock,
  };
}
