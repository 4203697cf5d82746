import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { LeaseLost } from "../step/errors.ts";
import { checkOutgoing, checkReceive, checkVisibility, storableJson } from "./limits.ts";
import type {
  DeadLetter,
  DeadLetterReason,
  Delivery,
  Outgoing,
  Queue,
  QueueDepth,
  ReceiveOptions,
} from "./queue.ts";
import type { SqsPair } from "./sqs-attributes.ts";
import { discardDeadLetters, peekDeadLetters, redriveDeadLetters } from "./sqs-dead-letters.ts";
import { attemptsOf, isStaleReceipt, sqsFailure } from "./sqs-error.ts";
import {
  deadLetterAttributes,
  toDelivery,
  traceAttributes,
  wantedOfMessage,
} from "./sqs-message.ts";

/** One FIFO queue on SQS or a server that speaks it. All methods throw QueueFailure when the call failed. */
export class SqsQueue implements Queue {
  readonly name: string;
  readonly #client: SQSClient;
  readonly #pair: SqsPair;
  /** Deliveries whose removal was tried, perhaps with success. */
  readonly #removals = new WeakSet<Delivery>();
  /** Deliveries whose copy is in the dead-letter queue. */
  readonly #buried = new WeakSet<Delivery>();

  constructor(name: string, client: SQSClient, pair: SqsPair) {
    this.name = name;
    this.#client = client;
    this.#pair = pair;
  }

  async send(message: Outgoing): Promise<void> {
    checkOutgoing(message);
    const command = new SendMessageCommand({
      QueueUrl: this.#pair.url,
      MessageBody: storableJson(message.body),
      MessageGroupId: message.group,
      MessageDeduplicationId: message.deduplicationId,
      MessageAttributes: traceAttributes(message.trace),
    });
    await this.#attempt("send", () => this.#client.send(command));
  }

  async receive(options: ReceiveOptions): Promise<Delivery | undefined> {
    checkReceive(options);
    // No ReceiveRequestAttemptId: ElasticMQ 1.7.1 answers an expired one with a 500.
    const command = new ReceiveMessageCommand({
      QueueUrl: this.#pair.url,
      MaxNumberOfMessages: 1,
      WaitTimeSeconds: options.waitSeconds,
      VisibilityTimeout: options.leaseSeconds,
      ...wantedOfMessage,
    });
    return this.#attempt("receive", async () => {
      const [message] = (await this.#client.send(command)).Messages ?? [];
      return message === undefined ? undefined : toDelivery(message);
    });
  }

  async changeVisibility(delivery: Delivery, seconds: number): Promise<void> {
    checkVisibility(seconds);
    const command = new ChangeMessageVisibilityCommand({
      QueueUrl: this.#pair.url,
      ReceiptHandle: delivery.receipt,
      VisibilityTimeout: seconds,
    });
    await this.#attempt("changeVisibility", async () => {
      try {
        await this.#client.send(command);
      } catch (error) {
        throw isStaleReceipt(error) ? leaseLost(delivery, error) : error;
      }
    });
  }

  async remove(delivery: Delivery): Promise<void> {
    const triedBefore = this.#removals.has(delivery);
    this.#removals.add(delivery);
    const command = new DeleteMessageCommand({
      QueueUrl: this.#pair.url,
      ReceiptHandle: delivery.receipt,
    });
    await this.#attempt("remove", async () => {
      try {
        await this.#client.send(command);
      } catch (error) {
        if (!isStaleReceipt(error)) {
          throw error;
        }
        // ElasticMQ refuses to delete twice: an earlier try whose answer got lost, ours or the SDK's own, may have done it.
        if (!triedBefore && attemptsOf(error) === 1) {
          this.#removals.delete(delivery);
          throw leaseLost(delivery, error);
        }
      }
    });
  }

  async deadLetter(delivery: Delivery, reason: DeadLetterReason): Promise<void> {
    if (!this.#buried.has(delivery)) {
      // Before the copy is made: a lease that is lost must not leave a dead letter of a message that lives on.
      await this.changeVisibility(delivery, BURIAL_SECONDS);
      const command = new SendMessageCommand({
        QueueUrl: this.#pair.deadUrl,
        MessageBody: delivery.body,
        MessageGroupId: delivery.messageId, // a group of its own: see sqs-dead-letters.ts
        MessageDeduplicationId: `${delivery.messageId}-${delivery.attempt}`,
        MessageAttributes: deadLetterAttributes(delivery, reason),
      });
      await this.#attempt("deadLetter", () => this.#client.send(command));
      this.#buried.add(delivery);
    }
    await this.remove(delivery);
  }

  async depth(): Promise<QueueDepth> {
    return this.#attempt("depth", async () => {
      const [queue, dead] = await Promise.all([
        this.#count(this.#pair.url),
        this.#count(this.#pair.deadUrl),
      ]);
      return { waiting: queue.visible, inFlight: queue.hidden, dead: dead.visible + dead.hidden };
    });
  }

  async deadLetters(limit: number): Promise<readonly DeadLetter[]> {
    return this.#attempt("deadLetters", () => peekDeadLetters(this.#client, this.#pair, limit));
  }

  async redrive(messageId?: string): Promise<number> {
    return this.#attempt("redrive", () => redriveDeadLetters(this.#client, this.#pair, messageId));
  }

  async discard(messageId?: string): Promise<readonly DeadLetter[]> {
    return this.#attempt("discard", () => discardDeadLetters(this.#client, this.#pair, messageId));
  }

  async #count(url: string): Promise<{ visible: number; hidden: number }> {
    const { Attributes: attributes = {} } = await this.#client.send(
      new GetQueueAttributesCommand({
        QueueUrl: url,
        AttributeNames: [
          "ApproximateNumberOfMessages",
          "ApproximateNumberOfMessagesNotVisible",
          "ApproximateNumberOfMessagesDelayed",
        ],
      }),
    );
    return {
      visible: Number(attributes.ApproximateNumberOfMessages ?? 0),
      hidden:
        Number(attributes.ApproximateNumberOfMessagesNotVisible ?? 0) +
        Number(attributes.ApproximateNumberOfMessagesDelayed ?? 0), // by a delay that somebody gave the queue
    };
  }

  async #attempt<Result>(operation: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw error instanceof LeaseLost
        ? error
        : sqsFailure(`queue ${this.name}: ${operation}`, error);
    }
  }
}

const BURIAL_SECONDS = 120; // to send the copy and delete the message

function leaseLost(delivery: Delivery, cause: unknown): LeaseLost {
  return new LeaseLost(`message ${delivery.messageId}: its lease has ended`, { cause });
}
