import type { SimulatorClock } from "./ports.ts";

/** The clock of this machine; after `close` nothing that was scheduled runs any more. */
export function createSystemClock(): SimulatorClock & { close(): void } {
  const timers = new Set<NodeJS.Timeout>();
  return {
    now: () => Date.now(),
    schedule: (afterMs, run) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        run();
      }, afterMs);
      timers.add(timer);
    },
    close: () => {
      for (const timer of timers) {
        clearTimeout(timer);
      }
      timers.clear();
    },
  };
}
