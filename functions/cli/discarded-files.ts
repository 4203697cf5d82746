import * as z from "zod";
import { jobSchema, type Job } from "../job/job.ts";
import type { Config } from "../shared/settings/config.ts";
import { GiveUp } from "../shared/step/errors.ts";
import type { DeadLetter, Queues } from "../shared/queue/queue.ts";
import { removeStaged } from "../shared/staging/staging.ts";
import { readEnvelope } from "../shared/worker/envelope.ts";

/**
 * Removes from staging what the jobs of discarded dead letters have there, unless another message of the same job may need it.
 * @returns a sentence for each job whose files stay
 */
export async function removeUnneeded(
  discarded: readonly DeadLetter[],
  { config, queues, names }: Where,
): Promise<readonly string[]> {
  const jobs = new Map(
    discarded
      .map(({ body }) => jobIn(body))
      .filter((job) => job !== undefined)
      .map((job) => [job.id, job]),
  );
  if (jobs.size === 0) {
    return [];
  }
  const { users, blind } = await jobsInQueues(queues, names);
  const kept: string[] = [];
  for (const job of jobs.values()) {
    const user = users.get(job.id) ?? blind;
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

const MOST = 10_000;

/** Who needs the files of a job, in a sentence, by the job's id; and why there may be others. */
async function jobsInQueues(queues: Queues, names: readonly string[]) {
  const users = new Map<string, string>();
  let blind: string | undefined;
  for (const name of names) {
    const queue = await queues.open(name);
    const { waiting, inFlight, dead } = await queue.depth();
    const letters = dead === 0 ? [] : await queue.deadLetters(MOST);
    const messages = (await queue.messages?.(MOST)) ?? [];
    for (const [what, found] of [
      ["dead letter", letters],
      ["message", messages],
    ] as const) {
      for (const job of found.map(({ body }) => jobIn(body)?.id)) {
        users.set(job ?? "", `another ${what} of ${name} needs them`);
      }
    }
    if (dead > letters.length || waiting + inFlight > messages.length) {
      blind = `${name} has messages that cannot be looked at, one of which may need them`;
    }
  }
  return { users, blind };
}

function jobIn(body: string): Job | undefined {
  const envelope = readEnvelope(body);
  return envelope instanceof GiveUp
    ? undefined
    : z.object({ job: jobSchema }).safeParse(envelope.message).data?.job;
}
