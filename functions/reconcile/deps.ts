import type { Clock } from "../shared/time/clock.ts";
import type { Config } from "../shared/settings/config.ts";
import type { EndorsementSource } from "../shared/endorsement/endorsement.ts";
import type { Log } from "../shared/log/log.ts";
import type { OpenNebula } from "../shared/opennebula/opennebula.ts";
import type { UnseenEvent } from "../shared/spool/unseen-event.ts";
import type { VisibleQueue } from "./work.ts";

/** The hook's spool, seen from here. */
interface EventSpool {
  /** Identifiers of the events that wait in it. */
  waiting(): Promise<ReadonlySet<string>>;
  /** Records an event as the hook does. */
  record(event: UnseenEvent): Promise<void>;
}

/** What reconciling takes. */
export interface ReconcileDeps {
  readonly config: Pick<Config, "expireUnknown">;
  readonly endorsement: Pick<EndorsementSource, "takeStock">;
  readonly opennebula: Pick<OpenNebula, "images">;
  readonly clock: Clock;
  readonly log: Log;
  readonly spool: EventSpool;
  /** The queues of the steps, in the order of the chain. */
  readonly queues: () => Promise<readonly VisibleQueue[]>;
}
