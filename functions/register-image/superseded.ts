import type { Job } from "../job/job.ts";
import type { Settled } from "../job/outcome.ts";
import type { Deps } from "../shared/step/deps.ts";
import type { Lineage } from "../shared/lineage/lineage.ts";
import { endRetirement } from "../shared/lineage/end-retirement.ts";

/** Ends a job that does not count any more. @returns what is left to do: a live image that an attempt had marked gets its rights again */
export async function superseded(
  job: Job,
  lineage: Lineage,
  deps: Deps,
  signal: AbortSignal,
): Promise<Settled["outcome"]> {
  const kept = await endRetirement(job, lineage, deps, signal);
  return kept === undefined ? { kind: "superseded" } : { kind: "registered", imageId: kept.id };
}
