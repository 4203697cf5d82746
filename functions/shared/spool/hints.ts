import type { AvailableJob, Job } from "../../job/job.ts";
import type { Endorsed, Endorsement } from "../endorsement/endorsement.ts";

/**
 * Adds what is known of an image and not announced: when it expires, what a VM needs, and a missing title.
 * Only when the record is about this very content; without a record the job stays as it is.
 */
export async function withHints(
  job: Job,
  endorsement: Pick<Endorsement, "ofJob">,
  signal: AbortSignal,
): Promise<Job> {
  if (job.event !== "available") {
    return job;
  }
  const standing = await endorsement.ofJob(job, signal);
  return standing?.kind === "endorsed" && standing.image.digest === job.digest
    ? enriched(job, standing.image)
    : job;
}

const HINTS = [
  ["VMCATCHER_ONE_EXPIRES", (entry) => entry.expires],
  ["VMCATCHER_ONE_RAM_MINIMUM", (entry) => entry.ramMinimum],
  ["VMCATCHER_ONE_RAM_RECOMMENDED", (entry) => entry.ramRecommended],
  ["VMCATCHER_ONE_CORE_MINIMUM", (entry) => entry.coreMinimum],
  ["VMCATCHER_ONE_CORE_RECOMMENDED", (entry) => entry.coreRecommended],
] satisfies readonly (readonly [string, (entry: Endorsed) => string | undefined])[];

function enriched(job: AvailableJob, entry: Endorsed): AvailableJob {
  const attributes = { ...job.attributes };
  for (const [name, valueOf] of HINTS) {
    const value = valueOf(entry);
    if (value !== undefined) {
      attributes[name] = value;
    }
  }
  return { ...job, title: job.title ?? entry.title, attributes };
}
