import { systemClock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Deps } from "../deps.ts";
import type { Log } from "../log.ts";
import { createOpenNebula } from "../opennebula/client.ts";

/** The real things that functions are given; nothing is connected to yet. */
export function createDeps(config: Config, log: Log): Deps {
  const opennebula = createOpenNebula({ endpoint: config.oneXmlrpc, authFile: config.oneAuthFile });
  return { config, opennebula, clock: systemClock, log };
}
