import { setTimeout as sleep } from "node:timers/promises";
import type {
  DeadLetter,
  DeadLetterReason,
  Delivery,
  Outgoing,
  Queue,
  QueueDepth,
} from "../../../functions/shared/queue/queue.ts";

type Method = "send" | "receive" | "changeVisibility" | "remove" | "deadLetter";

/** A real queue that can be told to fail, that notes what it was asked, and whose receives do not wait for real. */
export class UnreliableQueue implements Queue {
  readonly #queue: Queue;
  readonly calls: string[] = [];
  readonly sent: Outgoing[] = [];
  /** Methods that fail as long as they are in here. */
  readonly down = new Set<Method>();
  /** Methods that do not answer as long as they are in here. */
  readonly silent = new Set<Method>();
  readonly #unanswered: (() => void)[] = [];

  constructor(queue: Queue) {
    this.#queue = queue;
  }

  get name(): string {
    return this.#queue.name;
  }

  count(method: Method): number {
    return this.calls.filter((call) => call === method || call.startsWith(`${method} `)).length;
  }

  async send(message: Outgoing): Promise<void> {
    await this.#ask("send");
    await this.#queue.send(message);
    this.sent.push(message);
  }

  async receive({ leaseSeconds }: { leaseSeconds: number }): Promise<Delivery | undefined> {
    await this.#ask("receive");
    const delivery = await this.#queue.receive({ waitSeconds: 0, leaseSeconds });
    if (delivery === undefined) {
      await sleep(1);
    }
    return delivery;
  }

  async changeVisibility(delivery: Delivery, seconds: number): Promise<void> {
    await this.#ask("changeVisibility", seconds);
    await this.#queue.changeVisibility(delivery, seconds);
  }

  async remove(delivery: Delivery): Promise<void> {
    await this.#ask("remove");
    await this.#queue.remove(delivery);
  }

  async deadLetter(delivery: Delivery, reason: DeadLetterReason): Promise<void> {
    await this.#ask("deadLetter");
    await this.#queue.deadLetter(delivery, reason);
  }

  depth(): Promise<QueueDepth> {
    return this.#queue.depth();
  }

  deadLetters(limit: number): Promise<readonly DeadLetter[]> {
    return this.#queue.deadLetters(limit);
  }

  redrive(messageId?: string): Promise<number> {
    return this.#queue.redrive(messageId);
  }

  discard(messageId?: string): Promise<readonly DeadLetter[]> {
    return this.#queue.discard(messageId);
  }

  /** Nothing fails any more, and what has not been answered fails. */
  recover(): void {
    this.down.clear();
    this.silent.clear();
    for (const answer of this.#unanswered.splice(0)) {
      answer();
    }
  }

  async #ask(method: Method, argument?: number): Promise<void> {
    this.calls.push(argument === undefined ? method : `${method} ${argument}`);
    if (this.silent.has(method)) {
      await new Promise<void>((resolve) => this.#unanswered.push(resolve));
      throw new Error(`${method}: read ECONNRESET`);
    }
    if (this.down.has(method)) {
      throw new Error(`${method}: connect ECONNREFUSED`);
    }
  }
}
