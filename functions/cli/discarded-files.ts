import * as z from "zod";
import { jobSchema, type Job } from "../capture-metadata/message.ts";
import type { Config } from "../shared/config.ts";
import { GiveUp } from "../shared/errors.ts";
import type { Queue, Queues } from "../shared/queue/queue.ts";
import { removeStaged } from "../shared/staging.ts";
import { readEnvelope } from "../shared/worker/envelope.ts";
import type { FoundLetter } from "./every-dead-letter.ts";

/**
 * Removes from staging what the jobs of discarded dead letters have there, unless another message of the same job may need it.
 * @returns a sentence for each job whose files stay
 */
export async function removeUnneeded(
  discarded: readonly FoundLetter[],
  { config, queues, names }: Where,
): Promise<readonly string[]> {
  const jobs = new Map(
    discarded
      .map(({ letter }) => jobOf(letter.body))
      .filter((job) => job !== undefined)
      .map((job) => [job.id, job]),
  );
  const kept: string[] = [];
  for (const job of jobs.values()) {
    const user = await whoMayNeed(job, queues, names);
    if (user === undefined) {
      await removeStaged(config, job);
    } else {
      kept.push(`job ${job.id}: its files in staging stay: ${user}`);
    }
  }
  return kept;
}

/** Where dead letters and files are. */
interface Where {
  readonly config: Pick<Config, "stagingDirectory">;
  readonly queues: Queues;
  readonly names: readonly string[];
}

async function whoMayNeed(
  job: Job,
  queues: Queues,
  names: readonly string[],
): Promise<string | undefined> {
  for (const name of names) {
    const queue = await queues.open(name);
    const reason = await needIn(queue, job);
    if (reason !== undefined) {
      return reason;
    }
  }
  return undefined;
}

async function needIn(queue: Queue, { id }: Job): Promise<string | undefined> {
  const { waiting, inFlight, dead } = await queue.depth();
  const others = dead === 0 ? [] : await queue.deadLetters(MOST);
  if (others.some(({ body }) => jobOf(body)?.id === id)) {
    return `another dead letter of ${queue.name} needs them`;
  }
  const messages = await queue.messages?.(MOST);
  if (messages?.some(({ body }) => jobOf(body)?.id === id) === true) {
    return `a message of ${queue.name} needs them`;
  }
  return waiting + inFlight > (messages?.length ?? 0)
    ? `${queue.name} has messages that cannot be looked at, one of which may need them`
    : undefined;
}

const MOST = 10_000;

function jobOf(body: string): Job | undefined {
  const envelope = readEnvelope(body);
  return envelope instanceof GiveUp
    ? undefined
    : z.object({ job: jobSchema }).safeParse(envelope.message).data?.job;
}
