import type { DeadLetter, Queue, QueueDepth } from "../queue/queue.ts";
import { readEnvelope } from "../worker/envelope.ts";
import { GiveUp } from "../errors.ts";

/** One queue with its dead letters. */
export interface QueueOverview extends QueueDepth {
  /** The function that takes from it. */
  readonly name: string;
  /** When the oldest message was sent; absent when there is none, and where the queue cannot tell (SQS). */
  readonly oldest?: string | undefined;
  readonly oldestAgeSeconds?: number | undefined;
  /** Oldest first, at most 100. */
  readonly deadLetters: readonly DeadLetterOverview[];
}

/** A dead letter, understood as far as possible. */
export interface DeadLetterOverview {
  /** What `replay` and `discard` take. */
  readonly id: string;
  /** The function that gave up; `replay` sends the message back to it. */
  readonly function: string;
  readonly identifier: string;
  /** Absent when the message names none. */
  readonly job?: string | undefined;
  /** `worn-out` when the queue itself moved it there. */
  readonly code: string;
  readonly text: string;
  /** Absent when the queue itself moved it there. */
  readonly time?: string | undefined;
  readonly attempts?: number | undefined;
}

/** Looks into a queue. */
export async function queueOverview(queue: Queue, now: Date): Promise<QueueOverview> {
  const [depth, oldestSentAt] = await Promise.all([queue.depth(), queue.oldestSentAt?.()]);
  const letters = depth.dead === 0 ? [] : await queue.deadLetters(DEAD_LETTERS_TOLD);
  return {
    name: queue.name,
    ...depth,
    oldest: oldestSentAt === undefined ? undefined : new Date(oldestSentAt).toISOString(),
    oldestAgeSeconds:
      oldestSentAt === undefined
        ? undefined
        : Math.max(0, Math.round((now.getTime() - oldestSentAt) / 1000)),
    deadLetters: letters.map((letter) => deadLetterOverview(queue.name, letter)),
  };
}

/** @param name of the queue that it belongs to */
export function deadLetterOverview(name: string, letter: DeadLetter): DeadLetterOverview {
  const { messageId, body, group, reason } = letter;
  const envelope = readEnvelope(body);
  return {
    id: messageId,
    function: name,
    identifier: group,
    job: envelope instanceof GiveUp ? undefined : envelope.job?.id,
    code: reason?.code ?? "worn-out",
    text: reason?.text ?? "received too often without an answer",
    time: reason?.time,
    attempts: reason?.attempts,
  };
}

const DEAD_LETTERS_TOLD = 100; // more than anybody reads; each costs a message that is received and given back on SQS
