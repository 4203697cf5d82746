import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { DeadLetter } from "./queue.ts";
import type { SqsPair } from "./sqs-attributes.ts";
import { toHeld, traceAttributes, wantedOfMessage, type Held } from "./sqs-message.ts";

/*
 * SQS cannot look into a queue, so looking is receiving and giving back: what is held is hidden from everybody for that
 * time, and a second reader at the same moment sees less. Every dead letter of ours is its own FIFO group, otherwise the
 * first one held would hide the rest of its group; of those that the broker itself moved (after MAX_RECEIVES), only as
 * many of one group are seen as the broker hands out in one receive.
 */

/** Looks at dead letters; they stay. Of more than `limit`, the broker chooses which; these are sorted, oldest first. */
export async function peekDeadLetters(
  client: SQSClient,
  pair: SqsPair,
  limit: number,
): Promise<readonly DeadLetter[]> {
  const held: Held[] = [];
  try {
    await hold(client, pair, PEEK_SECONDS, held, () => held.length >= limit);
  } finally {
    await giveBack(client, pair, held);
  }
  return held.sort(bySending).slice(0, limit).map(toDeadLetter);
}

/**
 * Sends dead letters to their queue again and then removes them. The broker's own redrive is not used: ElasticMQ 1.7.1
 * says COMPLETED for a FIFO queue and moves nothing, fauxqs does not have it.
 */
export async function redriveDeadLetters(
  client: SQSClient,
  pair: SqsPair,
  messageId?: string,
): Promise<number> {
  const moved = await takeOut(client, pair, messageId, async (letter) => {
    await sendBack(client, pair, letter);
    await removeHeld(client, pair, letter);
  });
  return moved.length;
}

/** Removes dead letters for good. @returns what was removed */
export async function discardDeadLetters(
  client: SQSClient,
  pair: SqsPair,
  messageId?: string,
): Promise<readonly DeadLetter[]> {
  const removed = await takeOut(client, pair, messageId, (letter) =>
    removeHeld(client, pair, letter),
  );
  return removed.map(toDeadLetter);
}

const PEEK_SECONDS = 30; // a reader that dies hides the dead letters for so long
const TAKE_OUT_SECONDS = 300; // enough to move thousands; then somebody else would see and move them again
const BATCH = 10; // the most that SQS hands out at once
const WAIT_SECONDS = 1; // only a poll that waits asks all of SQS's servers

async function hold(
  client: SQSClient,
  pair: SqsPair,
  seconds: number,
  held: Held[],
  enough: () => boolean,
): Promise<void> {
  while (!enough()) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: pair.deadUrl,
        MaxNumberOfMessages: BATCH,
        VisibilityTimeout: seconds,
        WaitTimeSeconds: WAIT_SECONDS,
        ...wantedOfMessage,
      }),
    );
    if (Messages.length === 0) {
      return;
    }
    held.push(...Messages.map(toHeld));
  }
}

/** Does something final with one dead letter, or with all; what was held and is not wanted is given back. */
async function takeOut(
  client: SQSClient,
  pair: SqsPair,
  messageId: string | undefined,
  end: (letter: Held) => Promise<void>,
): Promise<readonly Held[]> {
  const held: Held[] = [];
  const isWanted = (letter: Held): boolean =>
    messageId === undefined || letter.messageId === messageId;
  const enough = () => messageId !== undefined && held.some(isWanted);
  try {
    await hold(client, pair, TAKE_OUT_SECONDS, held, enough);
    const wanted = held.filter(isWanted).sort(bySending);
    for (const letter of wanted) {
      await end(letter);
      held.splice(held.indexOf(letter), 1);
    }
    return wanted;
  } finally {
    await giveBack(client, pair, held);
  }
}

async function sendBack(client: SQSClient, pair: SqsPair, letter: Held): Promise<void> {
  await client.send(
    new SendMessageCommand({
      QueueUrl: pair.url,
      MessageBody: letter.body,
      MessageGroupId: letter.group,
      // New, but the same if this dead letter is moved twice because of a crash before its removal.
      MessageDeduplicationId: `redrive-${letter.messageId}`,
      MessageAttributes: traceAttributes(letter.trace),
    }),
  );
}

async function removeHeld(client: SQSClient, pair: SqsPair, letter: Held): Promise<void> {
  await client.send(
    new DeleteMessageCommand({ QueueUrl: pair.deadUrl, ReceiptHandle: letter.receipt }),
  );
}

async function giveBack(client: SQSClient, pair: SqsPair, held: readonly Held[]): Promise<void> {
  // Settled, not all: one that cannot be given back comes back by itself, and the caller's own error says more.
  await Promise.allSettled(
    held.map((letter) =>
      client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: pair.deadUrl,
          ReceiptHandle: letter.receipt,
          VisibilityTimeout: 0,
        }),
      ),
    ),
  );
}

function toDeadLetter({ messageId, body, group, reason }: Held): DeadLetter {
  return { messageId, body, group, reason };
}

function bySending(one: Held, other: Held): number {
  return one.sentAt - other.sentAt || (one.sequence < other.sequence ? -1 : 1);
}
