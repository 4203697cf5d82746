/** A message to be sent. */
export interface Outgoing {
  /** JSON text. SQS takes 1 MiB; 16 KiB less are sent, so that a dead letter has room for its reason. */
  readonly body: string;
  /** FIFO group: a message is delivered only when no older one of its group exists. 1-128 printable ASCII characters without blanks. */
  readonly group: string;
  /** A second message with the same id within five minutes is accepted and dropped, as SQS does. */
  readonly deduplicationId: string;
  /** W3C `traceparent`, passed on unchanged. */
  readonly trace?: string;
}

/** One message leased to one receiver. */
export interface Delivery {
  readonly messageId: string;
  readonly body: string;
  readonly group: string;
  /** How often the message was handed out, this delivery included (from 1). */
  readonly attempt: number;
  /** When the message was sent, in milliseconds since 1970. */
  readonly sentAt: number;
  readonly trace: string | undefined;
  /** Names this lease; worthless after the lease has ended. */
  readonly receipt: string;
}

/** How long to wait for a message, and for how long to lease it. */
export interface ReceiveOptions {
  readonly waitSeconds: number;
  readonly leaseSeconds: number;
  readonly stop?: AbortSignal;
}

/** Why a message lies in the dead-letter queue. */
export interface DeadLetterReason {
  /** Stable code, as of `GiveUp`. */
  readonly code: string;
  readonly text: string;
  /** The function that gave up. */
  readonly step: string;
  /** ISO 8601. */
  readonly time: string;
  readonly attempts: number;
}

/** A message in the dead-letter queue; `reason` is absent when the queue itself moved it there. */
export interface DeadLetter {
  readonly messageId: string;
  readonly body: string;
  readonly group: string;
  readonly reason: DeadLetterReason | undefined;
}

/** A message that lies in the queue: it waits, or somebody has it, or it is hidden until its next try. */
export interface QueuedMessage {
  readonly messageId: string;
  readonly body: string;
  readonly group: string;
  /** How often it was handed out so far. */
  readonly attempts: number;
  /** When it was sent, in milliseconds since 1970. */
  readonly sentAt: number;
  /** Leased or hidden. */
  readonly inFlight: boolean;
}

/** Approximate numbers of messages. */
export interface QueueDepth {
  readonly waiting: number;
  readonly inFlight: number;
  readonly dead: number;
}

/**
 * A durable FIFO queue with leases and a dead-letter queue: what SQS offers, cut to what the steps need.
 *
 * A message lives until `remove` or `deadLetter`. `receive` leases the oldest eligible one; the lease ends when its
 * time is over or is changed by `changeVisibility`. While a message of a group is leased or hidden, no other one of that
 * group is delivered. Delivery is at least once.
 */
export interface Queue {
  readonly name: string;
  /** Durable when it resolves. */
  send(message: Outgoing): Promise<void>;
  /**
   * Waits up to `waitSeconds` (0-20) for a message. `stop` ends the wait early where nothing can be lost by it; a server may
   * hand a message to a caller that has gone, which costs that message a whole lease, so a wait on a server goes on.
   */
  receive(options: ReceiveOptions): Promise<Delivery | undefined>;
  /**
   * The message becomes visible again `seconds` from now: the heartbeat, the back-off and, with 0, the release.
   * @throws LeaseLost when the lease has ended
   */
  changeVisibility(delivery: Delivery, seconds: number): Promise<void>;
  /** @throws LeaseLost when the lease has ended and the message was not removed */
  remove(delivery: Delivery): Promise<void>;
  /**
   * Copies the message to the dead-letter queue, then removes it: never neither, after a crash perhaps both.
   * @throws LeaseLost as `remove`
   */
  deadLetter(delivery: Delivery, reason: DeadLetterReason): Promise<void>;
  depth(): Promise<QueueDepth>;
  /**
   * Looks at the messages without leasing them, leased and hidden ones too, oldest first, at most `limit` or all. Absent where that is
   * impossible: SQS shows a message only to who takes it.
   */
  messages?(limit?: number): Promise<readonly QueuedMessage[]>;
  /** Looks at the dead letters without changing them, oldest first, at most `limit`. */
  deadLetters(limit: number): Promise<readonly DeadLetter[]>;
  /**
   * Sends dead letters to the queue again, with new deduplication ids, and only then removes them.
   * @param messageId the one to move; all when absent
   * @returns how many were moved
   */
  redrive(messageId?: string): Promise<number>;
  /**
   * Removes dead letters for good.
   * @param messageId the one to remove; all when absent
   * @returns what was removed, oldest first
   */
  discard(messageId?: string): Promise<readonly DeadLetter[]>;
}

/** Where queues come from; each is created when missing, with its dead-letter queue. */
export interface Queues {
  open(name: string): Promise<Queue>;
  /** What differs between an existing queue's attributes and the wanted ones, one sentence each, of all opened queues. */
  differences(): readonly string[];
  /**
   * The bodies of all messages and dead letters of all queues, as they are at one instant. Absent, or undefined, where nobody can
   * look into a queue: SQS and what speaks it.
   */
  bodies?(): Promise<readonly string[] | undefined>;
  close(): Promise<void>;
}
