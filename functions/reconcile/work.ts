import type { Digest } from "../job/digest.ts";
import { queuedSchema } from "../job/job.ts";
import type { DeadLetter, Queue } from "../shared/queue/queue.ts";

/** What is under way already, and what was given up. */
export interface Work {
  /** @returns where work for the identifier waits or may wait, or undefined when there is none */
  underWay(identifier: string): string | undefined;
  /** @param digest of an available event; undefined for an expired one */
  deadLetter(identifier: string, digest: Digest | undefined): GivenUp | undefined;
}

/** A dead letter with the function that gave it up. */
export interface GivenUp {
  readonly messageId: string;
  readonly function: string;
  readonly code: string;
}

/** What is needed of a queue to see what is in it. */
export type VisibleQueue = Pick<Queue, "name" | "depth" | "deadLetters" | "messages">;

/**
 * Looks through the spool and then through the queues in the order of the chain: a message only moves forward, so it is seen in
 * one of them. Where a queue cannot tell whose messages it holds (SQS), any message may be anybody's.
 */
export async function lookForWork(
  waiting: () => Promise<ReadonlySet<string>>,
  queues: readonly VisibleQueue[],
): Promise<Work> {
  const inSpool = await waiting();
  const found: Found[] = [];
  for (const queue of queues) {
    found.push(await lookInto(queue));
  }
  const letters = found.flatMap(({ dead }) => dead);
  return {
    underWay: (identifier) => {
      if (inSpool.has(identifier)) {
        return "an event of it waits in the spool";
      }
      const sure = found.find(({ groups }) => groups?.has(identifier) === true);
      if (sure !== undefined) {
        return `${sure.name} works on it`;
      }
      const perhaps = found.find(({ groups, messages }) => groups === undefined && messages > 0);
      return perhaps === undefined
        ? undefined
        : `${perhaps.name} has ${perhaps.messages} messages, and the queue cannot tell whose`;
    },
    deadLetter: (identifier, digest) =>
      letters.find((letter) => letter.identifier === identifier && letter.digest === digest),
  };
}

interface Found {
  readonly name: string;
  readonly messages: number;
  readonly groups: ReadonlySet<string> | undefined;
  readonly dead: readonly (GivenUp & Subject)[];
}

interface Subject {
  readonly identifier: string;
  readonly digest: Digest | undefined;
}

// More of them than anybody reads one by one; what is not among them is repaired once more, which does no harm.
const DEAD_LETTERS_READ = 1000;

async function lookInto(queue: VisibleQueue): Promise<Found> {
  const seen = await queue.messages?.();
  const { waiting, inFlight, dead } = await queue.depth();
  const letters = dead === 0 ? [] : await queue.deadLetters(DEAD_LETTERS_READ);
  return {
    name: queue.name,
    messages: waiting + inFlight,
    groups: seen && new Set(seen.map(({ group }) => group)),
    dead: letters.map((letter) => ({
      messageId: letter.messageId,
      function: queue.name,
      code: letter.reason?.code ?? "received too often",
      ...subjectOf(letter),
    })),
  };
}

/** Each step's message holds the job; of a message that is none, the group is known. */
function subjectOf({ body, group }: DeadLetter): Subject {
  const job = queuedSchema.safeParse(parsed(body)).data?.job;
  return {
    identifier: job?.identifier ?? group,
    digest: job?.event === "available" ? job.digest : undefined,
  };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
