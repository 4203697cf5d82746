import { LeaseLost } from "../../../functions/shared/step/errors.ts";
import {
  checkOutgoing,
  checkVisibility,
  DEDUPLICATION_SECONDS,
  MAX_RECEIVES,
} from "../../../functions/shared/queue/limits.ts";
import type {
  DeadLetter,
  DeadLetterReason,
  Delivery,
  Outgoing,
} from "../../../functions/shared/queue/queue.ts";
import type { Random } from "../engine/random.ts";
import type { Timeline } from "../engine/timeline.ts";

interface Message {
  readonly id: string;
  readonly body: string;
  readonly group: string;
  readonly deduplicationId: string;
  readonly trace: string | undefined;
  readonly sentAt: number;
  attempts: number;
  visibleAt: number;
  receipt: string;
  /** ElasticMQ restores messages after a restart as if they were of no FIFO queue (measured). */
  ordered: boolean;
}

/** One receiver that waits. */
interface Waiter {
  readonly leaseSeconds: number;
  /** @returns false when it has gone */
  readonly give: (delivery: Delivery) => boolean;
}

/**
 * A FIFO queue that delivers at least once, as SQS and its emulators do at their worst: any group may be served first, a lease that has
 * run out is another's, a restart forgets order, locks and deduplication ids. What it has accepted it never loses.
 */
export class BrokerQueue {
  readonly name: string;
  readonly #timeline: Timeline;
  readonly #random: Random;
  #messages: Message[] = [];
  #dead: (DeadLetter & { readonly at: number })[] = [];
  #remembered = new Map<string, number>();
  #waiters: Waiter[] = [];
  #ids = 0;
  #down = false;
  /** Bodies of the messages that somebody has worked on to the end. */
  readonly removed: string[] = [];

  constructor(name: string, timeline: Timeline, random: Random) {
    this.name = name;
    this.#timeline = timeline;
    this.#random = random;
  }

  send(message: Outgoing): void {
    checkOutgoing(message);
    const now = this.#timeline.now;
    const known = this.#remembered.get(message.deduplicationId);
    if (known === undefined || now - known >= DEDUPLICATION_SECONDS * 1000) {
      this.#remembered.set(message.deduplicationId, now);
      this.#add(message);
    }
  }

  /** What a queue does that has forgotten the first send when the second one comes. */
  sendTwice(message: Outgoing): void {
    this.send(message);
    this.#add(message);
  }

  /** Leases a message that is first of its group; any group may be first. */
  take(leaseSeconds: number): Delivery | undefined {
    const now = this.#timeline.now;
    const blocked = new Set<string>();
    const eligible: Message[] = [];
    for (const message of this.#messages) {
      if (message.visibleAt <= now && (!message.ordered || !blocked.has(message.group))) {
        eligible.push(message);
      }
      if (message.ordered) {
        blocked.add(message.group);
      }
    }
    if (eligible.length === 0) {
      return undefined;
    }
    const message = this.#random.pick(eligible);
    if (message.attempts >= MAX_RECEIVES) {
      this.#bury(message, undefined);
      return this.take(leaseSeconds);
    }
    message.attempts += 1;
    message.receipt = `${message.id}/${message.attempts}`;
    this.#hide(message, leaseSeconds);
    const { id, body, group, attempts, sentAt, trace, receipt } = message;
    return { messageId: id, body, group, attempt: attempts, sentAt, trace, receipt };
  }

  /** Gives a message to a waiter when there is one, now or later. @returns what ends the wait */
  wait(waiter: Waiter): () => void {
    this.#waiters.push(waiter);
    return () => {
      this.#waiters = this.#waiters.filter((other) => other !== waiter);
    };
  }

  changeVisibility(delivery: Delivery, seconds: number): void {
    checkVisibility(seconds);
    this.#hide(this.#leased(delivery), seconds);
  }

  remove(delivery: Delivery): void {
    const message = this.#leased(delivery);
    this.removed.push(message.body);
    this.#forget(message);
  }

  deadLetter(delivery: Delivery, reason: DeadLetterReason): void {
    this.#bury(this.#leased(delivery), reason);
  }

  /** Bodies of all messages that are not dead. */
  bodies(): readonly string[] {
    return this.#messages.map(({ body }) => body);
  }

  dead(): readonly DeadLetter[] {
    return this.#dead;
  }

  redrive(isWorthIt: (letter: DeadLetter) => boolean): number {
    const moved = this.#dead.filter(isWorthIt);
    this.#dead = this.#dead.filter((letter) => !isWorthIt(letter));
    for (const { body, group } of moved) {
      this.#add({ body, group, deduplicationId: `redriven-${this.#ids}` });
    }
    return moved.length;
  }

  /** While it is down nobody is given anything. */
  setDown(down: boolean): void {
    this.#down = down;
    this.#wake();
  }

  restart(): void {
    this.#remembered = new Map(
      this.#messages.map(({ deduplicationId, sentAt }) => [deduplicationId, sentAt]),
    );
    for (const message of this.#messages) {
      message.ordered = false;
    }
    this.#wake();
  }

  #add({ body, group, deduplicationId, trace }: Outgoing): void {
    this.#ids += 1;
    const now = this.#timeline.now;
    this.#messages.push({
      id: `${this.name}-${this.#ids}`,
      body,
      group,
      deduplicationId,
      trace,
      sentAt: now,
      attempts: 0,
      visibleAt: now,
      receipt: "",
      ordered: true,
    });
    this.#wake();
  }

  #leased(delivery: Delivery): Message {
    const message = this.#messages.find(({ id }) => id === delivery.messageId);
    if (message?.receipt !== delivery.receipt || message.visibleAt <= this.#timeline.now) {
      throw new LeaseLost(`message ${delivery.messageId}: its lease has ended`);
    }
    return message;
  }

  #hide(message: Message, seconds: number): void {
    message.visibleAt = this.#timeline.now + seconds * 1000;
    if (seconds === 0) {
      message.receipt = "";
    }
    this.#timeline.after(seconds * 1000, () => this.#wake());
  }

  #forget(message: Message): void {
    this.#messages = this.#messages.filter((other) => other !== message);
    this.#wake();
  }

  #bury(message: Message, reason: DeadLetterReason | undefined): void {
    const { id, body, group } = message;
    this.#dead.push({ messageId: id, body, group, reason, at: this.#timeline.now });
    this.#forget(message);
  }

  #wake(): void {
    while (this.#waiters.length > 0 && !this.#down) {
      const [waiter] = this.#waiters;
      const delivery = waiter === undefined ? undefined : this.take(waiter.leaseSeconds);
      if (waiter === undefined || delivery === undefined) {
        return;
      }
      this.#waiters.shift();
      if (!waiter.give(delivery)) {
        this.#release(delivery); // the broker saw the connection close
      }
    }
  }

  #release(delivery: Delivery): void {
    const message = this.#messages.find(({ id }) => id === delivery.messageId);
    if (message !== undefined) {
      message.visibleAt = this.#timeline.now;
      message.attempts -= 1;
    }
  }
}
