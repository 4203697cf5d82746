import assert from "node:assert/strict";
import type { Job } from "../../functions/job/job.ts";
import type { OpenNebula } from "../../functions/shared/opennebula/opennebula.ts";
import type { Chain } from "../fakes/chain.ts";
import { before } from "../fakes/meanwhile.ts";

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
  const cut = before(chain.deps, method, () => Promise.reject(new Error("cut off")), nth);
  await assert.rejects(chain.pass(job, cut, warnings), /cut off/);
}
