import { setImmediate as turn } from "node:timers/promises";
import type { Deps } from "../../functions/shared/step/deps.ts";
import type { Chain } from "../fakes/chain.ts";

/** A clock that does not wait, but counts, until something happens in the first wait. */
export function waits(
  chain: Chain,
  happens: () => Promise<unknown> = async () => undefined,
): { readonly waited: { milliseconds: number }; readonly deps: Deps } {
  const waited = { milliseconds: 0 };
  const sleep: Deps["clock"]["sleep"] = async (milliseconds, stop) => {
    stop.throwIfAborted();
    if (waited.milliseconds === 0) {
      await happens();
    }
    waited.milliseconds += milliseconds;
    await turn();
  };
  return { waited, deps: { ...chain.deps, clock: { ...chain.deps.clock, sleep } } };
}
