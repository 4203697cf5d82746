import { systemClock } from "../time/clock.ts";
import type { Config } from "../settings/config.ts";
import type { Deps } from "../step/deps.ts";
import type { Log } from "../log/log.ts";
import { createOpenNebula } from "../opennebula/client.ts";
import { endorsementOf } from "./endorsement-sources.ts";
import type { CallReport } from "../opennebula/rpc.ts";

/**
 * The real things that functions are given; nothing is connected to yet.
 * @param onCall told of each call to OpenNebula when it has ended
 */
export function createDeps(config: Config, log: Log, onCall?: (call: CallReport) => void): Deps {
  const opennebula = createOpenNebula({
    endpoint: config.oneXmlrpc,
    authFile: config.oneAuthFile,
    onCall,
  });
  return { config, opennebula, endorsement: endorsementOf(config), clock: systemClock, log };
}
