import type { AvailableJob, Job } from "../../job/job.ts";
import { type CacheEntry, type CacheIndex, readCacheIndex } from "../vmcatcher/cache-index.ts";

/**
 * Adds what vmcatcher knows of an image and does not announce: when it expires, what a VM needs, and a missing title.
 * Only when its record is about this very content; without a record the job stays as it is.
 */
export async function withHints(job: Job, signal: AbortSignal): Promise<Job> {
  if (job.event !== "available" || job.cacheIndex === undefined) {
    return job;
  }
  const index: CacheIndex | undefined = await readCacheIndex(job.cacheIndex, signal);
  const entry = index?.entry(job.identifier);
  return entry?.sha512 === job.sha512 ? enriched(job, entry) : job;
}

const HINTS = [
  ["VMCATCHER_ONE_EXPIRES", (entry) => entry.expires],
  ["VMCATCHER_ONE_RAM_MINIMUM", (entry) => entry.ramMinimum],
  ["VMCATCHER_ONE_RAM_RECOMMENDED", (entry) => entry.ramRecommended],
  ["VMCATCHER_ONE_CORE_MINIMUM", (entry) => entry.coreMinimum],
  ["VMCATCHER_ONE_CORE_RECOMMENDED", (entry) => entry.coreRecommended],
] satisfies readonly (readonly [string, (entry: CacheEntry) => string | undefined])[];

function enriched(job: AvailableJob, entry: CacheEntry): AvailableJob {
  const attributes = { ...job.attributes };
  for (const [name, valueOf] of HINTS) {
    const value = valueOf(entry);
    if (value !== undefined) {
      attributes[name] = value;
    }
  }
  return { ...job, title: job.title ?? entry.title, attributes };
}
