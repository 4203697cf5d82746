import type { Random } from "../engine/random.ts";
import type { Timeline } from "../engine/timeline.ts";
import { BrokerQueue } from "./broker-queue.ts";

/** The queues by their names. */
export class Broker {
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #queues = new Map<string, BrokerQueue>();
  #down = false;
  /** It has forgotten the order of what it held. */
  hasRestarted = false;

  constructor(timeline: Timeline, random: Random) {
    this.#timeline = timeline;
    this.#random = random;
  }

  queue(name: string): BrokerQueue {
    const queue = this.#queues.get(name) ?? new BrokerQueue(name, this.#timeline, this.#random);
    this.#queues.set(name, queue);
    return queue;
  }

  all(): readonly BrokerQueue[] {
    return [...this.#queues.values()];
  }

  /** Whether nothing is answered. */
  get down(): boolean {
    return this.#down;
  }

  set down(down: boolean) {
    this.#down = down;
    for (const queue of this.#queues.values()) {
      queue.setDown(down);
    }
  }

  restart(): void {
    this.hasRestarted = true;
    for (const queue of this.#queues.values()) {
      queue.restart();
    }
  }
}
