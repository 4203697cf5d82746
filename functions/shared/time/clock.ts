import { setTimeout as sleep } from "node:timers/promises";

/** Time as the functions see it, so that a test can own it. */
export interface Clock {
  now(): Date;
  /** Milliseconds since some beginning, whatever is done to the wall clock meanwhile. */
  elapsed(): number;
  /** Rejects with the signal's reason when it aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => new Date(),
  elapsed: () => performance.now(),
  sleep: async (milliseconds, signal) => {
    signal.throwIfAborted();
    try {
      await sleep(milliseconds, undefined, { signal });
    } catch (error) {
      signal.throwIfAborted(); // the abort's own reason says more than AbortError
      throw error;
    }
  },
};
