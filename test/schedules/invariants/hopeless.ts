import type { DeadLetter } from "../../../functions/shared/queue/queue.ts";
import { jobIdOf } from "../site/job-id.ts";
import type { Site } from "../site/site.ts";

/**
 * Whether a dead letter is one that no replay helps: a wrong file, and a file that vmcatcher has taken away before it was converted,
 * because it could not be pinned. When such a message comes twice, the second time only tells that the file is gone; and so it is
 * with any message that comes again after an administrator has deleted the image that it made.
 */
export function isHopeless(
  { body, reason }: DeadLetter,
  { vmcatcher, administrator }: Pick<Site, "vmcatcher" | "administrator">,
): boolean {
  const jobId = jobIdOf(body);
  const event = vmcatcher.events.find((one) => one.jobId === jobId);
  const form = event?.what.kind === "available" ? event.what.form : undefined;
  switch (reason?.code) {
    case "checksum-mismatch": // an unpinned path may hold the next version by now
      return form === "wrong" || form === "unpinned";
    case "started-over-too-often":
      return form === "wrong" || administrator.deleted.has(event?.identifier ?? "");
    case "source-gone":
      return form === "unpinned";
    default:
      return false;
  }
}
