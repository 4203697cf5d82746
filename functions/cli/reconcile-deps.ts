import { recordEvent } from "../shared/spool/record.ts";
import { waitingIdentifiers } from "../shared/spool/waiting.ts";
import type { ReconcileDeps } from "../reconcile/deps.ts";
import { steps } from "../registry.ts";
import type { Config } from "../shared/settings/config.ts";
import type { Deps } from "../shared/step/deps.ts";
import { vmcatcherEndorsement } from "../shared/vmcatcher/endorsement.ts";
import type { Queues } from "../shared/queue/queue.ts";

/** Gives `reconcile` the spool of `enqueue-event` and the queues of the chain. */
export function reconcileDeps(
  deps: Deps,
  queues: Queues,
): ReconcileDeps & { readonly config: Config } {
  const { config } = deps;
  return {
    ...deps,
    endorsement: vmcatcherEndorsement(config),
    spool: {
      waiting: () => waitingIdentifiers(config.spoolDirectory),
      record: (event) => recordEvent(config, event),
    },
    queues: () => Promise.all(Object.keys(steps).map((name) => queues.open(name))),
  };
}
