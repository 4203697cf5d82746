import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../../../functions/shared/time/clock.ts";

/** Time that stands still until the test moves it. */
export class ManualClock implements Clock {
  #now = Date.parse("2026-03-01T12:00:00Z");
  #set = 0;
  readonly #sleepers = new Set<{ until: number; wake: () => void }>();

  now(): Date {
    return new Date(this.#now + this.#set);
  }

  elapsed(): number {
    return this.#now;
  }

  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper = { until: this.#now + milliseconds, wake: resolve };
    const abort = (): void => {
      this.#sleepers.delete(sleeper);
      reject(signal.reason);
    };
    if (signal.aborted) {
      abort();
    } else {
      this.#sleepers.add(sleeper);
      signal.addEventListener("abort", abort, { once: true });
    }
    return promise;
  }

  /** Sets the clock; no time passes. */
  set(seconds: number): void {
    this.#set += seconds * 1000;
  }

  /** The time passes without anybody waking, as while a machine is paused. */
  jump(seconds: number): void {
    this.#now += seconds * 1000;
  }

  /** Moves on, waking sleepers at their time and letting each do what it does next. */
  async advance(seconds: number): Promise<void> {
    const target = this.#now + seconds * 1000;
    await turns();
    for (;;) {
      const [next] = [...this.#sleepers].sort((a, b) => a.until - b.until);
      if (next === undefined || next.until > target) {
        break;
      }
      this.#now = Math.max(this.#now, next.until);
      this.#sleepers.delete(next);
      next.wake();
      await turns();
    }
    this.#now = Math.max(this.#now, target); // it may have jumped
    await turns();
  }
}

async function turns(): Promise<void> {
  for (let i = 0; i < 3; i += 1) {
    await turn();
  }
}
