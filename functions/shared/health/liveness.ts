import type { SignOfLife } from "../worker/sign-of-life.ts";

/** What `GET /healthz` answers. */
export interface LivenessReport {
  /** False when a slot has not given the sign that was due. */
  readonly alive: boolean;
  readonly slots: readonly SlotReport[];
}

/** One slot of one function. */
interface SlotReport {
  readonly function: string;
  readonly slot: number;
  readonly state: SignOfLife["state"];
  readonly secondsSinceSign: number;
  readonly nextWithinSeconds: number;
  readonly overdue: boolean;
}

/**
 * Keeps the last sign of every slot. Time is monotonic, so that a host whose clock is set does not look dead.
 *
 * A process without slots is alive: it waits for its queue, or is about to end.
 */
export class Liveness {
  readonly #now: () => number;
  readonly #last = new Map<string, { readonly sign: SignOfLife; readonly at: number }>();

  /** @param now monotonic milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  take(sign: SignOfLife): void {
    const key = `${sign.function} ${sign.slot}`;
    if (sign.state === "ended") {
      this.#last.delete(key);
    } else {
      this.#last.set(key, { sign, at: this.#now() });
    }
  }

  report(): LivenessReport {
    const now = this.#now();
    const slots = [...this.#last.values()].map(({ sign, at }): SlotReport => {
      const seconds = (now - at) / 1000;
      const overdue = seconds > sign.nextWithinSeconds;
      return { ...sign, secondsSinceSign: Math.round(seconds), overdue };
    });
    return { alive: slots.every(({ overdue }) => !overdue), slots };
  }
}
