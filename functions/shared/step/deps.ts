import type { Clock } from "../time/clock.ts";
import type { Config } from "../settings/config.ts";
import type { Endorsement } from "../endorsement/endorsement.ts";
import type { Log } from "../log/log.ts";
import type { OpenNebula } from "../opennebula/opennebula.ts";

/** What every function is given; a handler names the part that it needs. */
export interface Deps {
  readonly config: Config;
  readonly opennebula: OpenNebula;
  readonly endorsement: Endorsement;
  readonly clock: Clock;
  readonly log: Log;
}
