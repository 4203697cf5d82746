import type { SimulatorClock } from "./ports.ts";

/** A clock that moves only when it is told to. */
export interface ManualClock extends SimulatorClock {
  /** Moves on and runs what falls due, in order. */
  advance(milliseconds: number): void;
}

/** @param start milliseconds since 1970 */
export function createManualClock(start = Date.UTC(2026, 10, 22, 9, 26, 54)): ManualClock {
  let now = start;
  let waiting: { readonly at: number; readonly run: () => void }[] = [];
  return {
    now: () => now,
    schedule: (afterMs, run) => {
      waiting.push({ at: now + afterMs, run });
    },
    advance: (milliseconds) => {
      const end = now + milliseconds;
      for (;;) {
        const due = waiting
          .filter(({ at }) => at <= end)
          .toSorted((one, other) => one.at - other.at)[0];
        if (due === undefined) {
          break;
        }
        waiting = waiting.filter((other) => other !== due);
        now = due.at;
        due.run();
      }
      now = end;
    },
  };
}
