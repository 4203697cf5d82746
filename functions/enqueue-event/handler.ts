import type { Job, Queued } from "../job/job.ts";
import type { Endorsement } from "../shared/endorsement/endorsement.ts";
import type { Log } from "../shared/log/log.ts";
import type { Queue } from "../shared/queue/queue.ts";
import { createTrace, traceId } from "../shared/log/trace.ts";
import type { RawEvent } from "../shared/spool/entry.ts";
import { withHints } from "../shared/spool/hints.ts";
import { jobOf } from "../shared/spool/job-of.ts";

/** What enqueuing takes; `queue` is the first step's. */
export interface EnqueueDeps {
  readonly queue: Pick<Queue, "send">;
  /** Knows more of an image than is announced. */
  readonly endorsement: Pick<Endorsement, "ofJob">;
  readonly log: Log;
}

/**
 * Puts one recorded event into the first queue. The job is safe there when this resolves; doing it twice sends the same
 * job with the same id.
 * @throws GiveUp when the event can never be a job; otherwise what the queue throws
 */
export async function handle(
  event: RawEvent,
  { queue, endorsement, log }: EnqueueDeps,
  signal: AbortSignal,
): Promise<Job> {
  const job = await withHints(jobOf(event), endorsement, signal);
  await queue.send({
    body: JSON.stringify({ job } satisfies Queued),
    group: job.identifier,
    deduplicationId: job.id,
  });
  const { id, identifier } = job;
  // The message carries no trace: whoever takes it makes this one of the job's id.
  log.info(
    { job: id, identifier, event: job.event, traceId: traceId(createTrace(id)) },
    "event queued",
  );
  return job;
}
