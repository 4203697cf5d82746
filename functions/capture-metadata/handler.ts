import type { Message as ConvertMessage } from "../convert-image/message.ts";
import type { Deps } from "../shared/deps.ts";
import { holds, lineageOf } from "../shared/lineage/lineage.ts";
import { inheritedRights } from "../shared/lineage/rights.ts";
import type { Message } from "./message.ts";

/**
 * Step A: finds the live image of the identifier and remembers who may use it. Where the identifier has expired before, the
 * rights come from the image that expired last; where the announced content is live already, nothing needs converting.
 */
export async function handle(
  { job }: Message,
  deps: Pick<Deps, "opennebula" | "log">,
  signal: AbortSignal,
): Promise<ConvertMessage> {
  if (job.event === "expired") {
    return { job, unchanged: false };
  }
  const lineage = lineageOf(job.identifier, await deps.opennebula.imagesOf(job.identifier, signal));
  const previous = inheritedRights(lineage);
  const unchanged = lineage.live !== undefined && holds(lineage.live, job.sha512);
  deps.log.info(
    { previous, unchanged },
    unchanged ? "this content is live already" : "rights captured",
  );
  return previous === undefined ? { job, unchanged } : { job, previous, unchanged };
}
