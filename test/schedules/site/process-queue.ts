import type {
  DeadLetter,
  DeadLetterReason,
  Delivery,
  Outgoing,
  Queue,
  QueueDepth,
  ReceiveOptions,
} from "../../../functions/shared/queue/queue.ts";
import type { SimulatedProcess } from "../engine/simulated-process.ts";
import type { Broker } from "./broker.ts";
import type { BrokerQueue } from "./broker-queue.ts";

/** A queue of the broker as one process uses it: over a network, where every answer can be lost. */
export class ProcessQueue implements Queue {
  readonly name: string;
  readonly #broker: Broker;
  readonly #queue: BrokerQueue;
  readonly #process: SimulatedProcess;

  constructor(name: string, broker: Broker, process: SimulatedProcess) {
    this.name = name;
    this.#broker = broker;
    this.#queue = broker.queue(name);
    this.#process = process;
  }

  send(message: Outgoing): Promise<void> {
    // Whether a message is taken for two is the queue's doing, not an error: so it is decided here.
    const twice = this.#process.machinery.random.chance(TWICE);
    return this.#ask("send", () =>
      twice ? this.#queue.sendTwice(message) : this.#queue.send(message),
    );
  }

  async receive(options: ReceiveOptions): Promise<Delivery | undefined> {
    const at = await this.#ask("receive", () => this.#queue.take(options.leaseSeconds));
    return at ?? (await this.#wait(options));
  }

  changeVisibility(delivery: Delivery, seconds: number): Promise<void> {
    return this.#ask("changeVisibility", () => this.#queue.changeVisibility(delivery, seconds));
  }

  remove(delivery: Delivery): Promise<void> {
    return this.#ask("remove", () => this.#queue.remove(delivery));
  }

  deadLetter(delivery: Delivery, reason: DeadLetterReason): Promise<void> {
    return this.#ask("deadLetter", () => this.#queue.deadLetter(delivery, reason));
  }

  async depth(): Promise<QueueDepth> {
    return { waiting: this.#queue.bodies().length, inFlight: 0, dead: this.#queue.dead().length };
  }

  async deadLetters(limit: number): Promise<readonly DeadLetter[]> {
    return this.#queue.dead().slice(0, limit);
  }

  async redrive(): Promise<number> {
    return this.#queue.redrive(() => true);
  }

  #ask<T>(what: string, effect: () => T): Promise<T> {
    const { random } = this.#process.machinery;
    return this.#process.operation({
      at: "queue",
      what: () => `${what} ${this.name}`,
      effect: () => {
        if (this.#broker.down) {
          throw new Error(`${this.name}: connect ECONNREFUSED`);
        }
        return effect();
      },
      latencyMs: 1 + 20 * random.next() ** 3,
      fail: () => new Error(`${this.name}: read ECONNRESET`),
    });
  }

  discard(): Promise<never> {
    return Promise.reject(new Error("no function discards dead letters"));
  }

  #wait({ waitSeconds, leaseSeconds, stop }: ReceiveOptions): Promise<Delivery | undefined> {
    return new Promise((resolve, reject) => {
      let over = false;
      const end = (settle: () => void): void => {
        over = true;
        leave();
        stop?.removeEventListener("abort", stopped);
        settle();
      };
      const stopped = (): void => {
        if (!over) {
          end(() => resolve(undefined));
        }
      };
      const leave = this.#queue.wait({
        leaseSeconds,
        give: (delivery) => {
          if (!this.#process.alive || over) {
            return false;
          }
          over = true;
          this.#process.later(1, () => end(() => resolve(delivery)));
          return true;
        },
      });
      stop?.addEventListener("abort", stopped, { once: true });
      this.#process.later(waitSeconds * 1000, () => {
        if (!over) {
          end(() =>
            this.#broker.down
              ? reject(new Error(`${this.name}: read ECONNRESET`))
              : resolve(undefined),
          );
        }
      });
    });
  }
}

/** The bodies of all messages and dead letters of all queues at one instant, as SQLite can tell them. */
export function readAll(broker: Broker, process: SimulatedProcess): Promise<readonly string[]> {
  return process.operation({
    at: "queue",
    what: () => "look into all queues",
    effect: () =>
      broker.all().flatMap((queue) => [...queue.bodies(), ...queue.dead().map(({ body }) => body)]),
    latencyMs: 1,
    fail: () => new Error("database is locked"),
  });
}

/** How often a queue forgets that it has taken a message already. */
const TWICE = 0.01;
