import type { DeadLetter } from "../../../functions/shared/queue/queue.ts";
import { jobIdOf } from "../site/job-id.ts";
import type { Site } from "../site/site.ts";
import { isExpiry } from "./expectation.ts";

/**
 * Whether a dead letter is one that no replay helps: a wrong file, and a file that vmcatcher has taken away before it was converted,
 * because it could not be pinned. When such a message comes twice, the second time only tells that the file is gone; and so it is
 * with any message that comes again when its job has ended, and the image that it made is not there any more.
 *
 * Nor would she replay an announcement that vmcatcher has taken back since, or whose newer version she has deleted, where the steps
 * cannot see vmcatcher's index: when no image of the identifier holds the time of the newer event, nobody but her can know.
 */
export function isHopeless(
  { body, reason }: DeadLetter,
  { vmcatcher, administrator, broker, isIndexHidden, config }: Site,
): boolean {
  const jobId = jobIdOf(body);
  const event = vmcatcher.events.find((one) => one.jobId === jobId);
  const later = vmcatcher.events
    .slice(event === undefined ? 0 : vmcatcher.events.indexOf(event) + 1)
    .filter(({ identifier }) => identifier === event?.identifier);
  const wasDeleted = administrator.deleted.has(event?.identifier ?? "");
  const isTakenBack = later.some((one) => isExpiry(one, config.expireUnknown));
  if (reason !== undefined && isIndexHidden && (isTakenBack || (wasDeleted && later.length > 0))) {
    return true;
  }
  const form = event?.what.kind === "available" ? event.what.form : undefined;
  switch (reason?.code) {
    case "checksum-mismatch": // an unpinned path may hold the next version by now
      return form === "wrong" || form === "unpinned";
    case "source-gone":
      return form === "unpinned" || form === "wrong" || hasEnded(jobId, broker);
    default:
      return false;
  }
}

function hasEnded(jobId: string, broker: Site["broker"]): boolean {
  return broker.queue("restore-permissions").removed.some((body) => jobIdOf(body) === jobId);
}
