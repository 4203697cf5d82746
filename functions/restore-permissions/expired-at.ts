import type { Job } from "../job/job.ts";
import type { Deps } from "../shared/step/deps.ts";
import { EVENT_TIME, JOB } from "../shared/lineage/attributes.ts";
import { isWanted } from "../shared/lineage/guards.ts";
import { isOutdated, lineageOf } from "../shared/lineage/lineage.ts";
import type { Image } from "../shared/opennebula/opennebula.ts";

/**
 * When the expiry came that has left its time on an image while that took the NAME: each of them had looked before (register-image/expired.ts).
 * @returns undefined when none has, or when it was taken back
 */
export async function expiredAt(
  image: Image,
  job: Job,
  deps: Deps,
  signal: AbortSignal,
): Promise<string | undefined> {
  const expiry = image.attributes.get(EVENT_TIME) ?? "";
  if (
    job.event === "expired" ||
    image.attributes.get(JOB) !== job.id || // of a newer announcement, which another job only hands on
    expiry <= job.eventTime
  ) {
    return undefined;
  }
  const lineage = lineageOf(job.identifier, await deps.opennebula.imagesOf(job.identifier, signal));
  const isTakenBack = isOutdated({ ...job, eventTime: expiry }, lineage);
  return isTakenBack || (await isWanted(job, lineage, deps, signal)) ? undefined : expiry;
}
