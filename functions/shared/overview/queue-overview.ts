import { GiveUp } from "../step/errors.ts";
import type { DeadLetter, Queue, QueueDepth, QueuedMessage } from "../queue/queue.ts";
import { readEnvelope } from "../worker/envelope.ts";
import type { DeadLetterReader } from "./dead-letter-reader.ts";

/** One queue with its dead letters. */
export interface QueueOverview extends QueueDepth {
  /** The function that takes from it. */
  readonly name: string;
  /** When the oldest message was sent; absent when there is none, and where the queue cannot tell (SQS). */
  readonly oldest?: string | undefined;
  readonly oldestAgeSeconds?: number | undefined;
  /** What lies in it, oldest first, at most 1000; absent where the queue cannot tell (SQS). */
  readonly messages?: readonly MessageOverview[] | undefined;
  /** Oldest first, at most 100. */
  readonly deadLetters: readonly DeadLetterOverview[];
}

/** A message on its way. */
export interface MessageOverview {
  readonly id: string;
  /** The function that works on it or will. */
  readonly function: string;
  readonly identifier: string;
  /** Absent when the message names none. */
  readonly job?: string | undefined;
  readonly sentAt: string;
  /** How often the function has begun with it. */
  readonly attempts: number;
  /** The function is at work on it, or it is hidden until its next try. */
  readonly inFlight: boolean;
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
export async function queueOverview(
  queue: Queue,
  readDeadLetters: DeadLetterReader,
  now: Date,
): Promise<QueueOverview> {
  const [depth, messages] = await Promise.all([queue.depth(), queue.messages?.(MESSAGES_TOLD)]);
  const oldestSentAt = messages?.[0]?.sentAt;
  const letters = await readDeadLetters(queue, depth);
  return {
    name: queue.name,
    ...depth,
    oldest: oldestSentAt === undefined ? undefined : new Date(oldestSentAt).toISOString(),
    oldestAgeSeconds:
      oldestSentAt === undefined
        ? undefined
        : Math.max(0, Math.round((now.getTime() - oldestSentAt) / 1000)),
    messages: messages?.map((message) => messageOverview(queue.name, message)),
    deadLetters: letters.map((letter) => deadLetterOverview(queue.name, letter)),
  };
}

/** @param name of the queue that it belongs to */
export function deadLetterOverview(name: string, letter: DeadLetter): DeadLetterOverview {
  const { messageId, body, group, reason } = letter;
  return {
    id: messageId,
    function: name,
    identifier: group,
    job: jobIn(body),
    code: reason?.code ?? "worn-out",
    text: reason?.text ?? "received too often without an answer",
    time: reason?.time,
    attempts: reason?.attempts,
  };
}

const MESSAGES_TOLD = 1000;

function messageOverview(name: string, message: QueuedMessage): MessageOverview {
  const { messageId, body, group, sentAt, attempts, inFlight } = message;
  return {
    id: messageId,
    function: name,
    identifier: group,
    job: jobIn(body),
    sentAt: new Date(sentAt).toISOString(),
    attempts,
    inFlight,
  };
}

function jobIn(body: string): string | undefined {
  const envelope = readEnvelope(body);
  return envelope instanceof GiveUp ? undefined : envelope.job?.id;
}
