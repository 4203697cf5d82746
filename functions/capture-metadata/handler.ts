import type { Captured } from "../job/captured.ts";
import type { Deps } from "../shared/step/deps.ts";
import { isWanted } from "../shared/lineage/guards.ts";
import { holds, lineageOf } from "../shared/lineage/lineage.ts";
import { inheritedRights } from "../shared/lineage/rights.ts";
import type { Message } from "./message.ts";

/**
 * Step A: finds the live image of the identifier and remembers who may use it. Where the identifier has expired before, the
 * rights come from the image that expired last.
 *
 * Nothing needs converting where the announced content is live already, and where a newer event has overtaken this one: the file of
 * such a job may be gone, since a message can come again long after its job has ended.
 */
export async function handle(
  { job }: Message,
  deps: Pick<Deps, "opennebula" | "endorsement" | "clock" | "log">,
  signal: AbortSignal,
): Promise<Captured> {
  if (job.event === "expired") {
    return { job, unchanged: false };
  }
  const lineage = lineageOf(job.identifier, await deps.opennebula.imagesOf(job.identifier, signal));
  const previous = inheritedRights(lineage);
  const isLive = lineage.live !== undefined && holds(lineage.live, job.digest);
  const unchanged = isLive || !(await isWanted(job, lineage, deps, signal));
  deps.log.info(
    { previous, unchanged },
    isLive ? "this content is live already" : "rights captured",
  );
  return previous === undefined ? { job, unchanged } : { job, previous, unchanged };
}
