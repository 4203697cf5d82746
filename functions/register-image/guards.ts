import type { AvailableJob } from "../capture-metadata/message.ts";
import { readCacheIndex } from "../shared/cache-index.ts";
import type { Deps } from "../shared/deps.ts";
import { isOutdated, type Lineage } from "../shared/lineage/lineage.ts";

/**
 * Whether the event still counts: no newer one has left its mark, and vmcatcher, where its index can be read, still endorses
 * this content. Order in the queue is a courtesy: a broker that restarts forgets it, and a replay ignores it.
 */
export async function isWanted(
  job: AvailableJob,
  lineage: Lineage,
  deps: Pick<Deps, "log">,
): Promise<boolean> {
  if (isOutdated(job, lineage)) {
    deps.log.info("a newer event has come first");
    return false;
  }
  const index = job.cacheIndex === undefined ? undefined : await readCacheIndex(job.cacheIndex);
  if (index === undefined || index.entry(job.identifier)?.sha512 === job.sha512) {
    return true;
  }
  deps.log.info({ cacheIndex: job.cacheIndex }, "vmcatcher does not endorse this content any more");
  return false;
}
