import assert from "node:assert/strict";
import type { Job } from "../../functions/job/job.ts";
import type { OpenNebula } from "../../functions/shared/opennebula/opennebula.ts";
import type { Chain } from "../fakes/chain.ts";

/**
 * An attempt at a job that does not get beyond a call.
 * @param nth of the calls of that kind, from 0
 * @param warnings as of `Chain.pass`
 */
export async function attemptUntil(
  chain: Chain,
  job: Job,
  method: keyof OpenNebula,
  nth = 0,
  warnings: readonly string[] = [],
): Promise<void> {
  let calls = 0;
  const opennebula = new Proxy(chain.deps.opennebula, {
    get: (target, name, receiver) => {
      if (name === method && calls++ === nth) {
        return () => Promise.reject(new Error("cut off"));
      }
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
  await assert.rejects(chain.pass(job, { ...chain.deps, opennebula }, warnings), /cut off/);
}
