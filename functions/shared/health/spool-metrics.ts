import { Gauge, type Registry } from "prom-client";
import { boundedAsk } from "./bounded-ask.ts";

/** What lies in the spool. */
export interface SpoolCount {
  /** Events that are safe on disk and not yet in the first queue. */
  readonly waiting: number;
  /** Events that were set aside since they cannot be understood. */
  readonly bad: number;
}

/** How much lies in the hook's spool; no numbers when the directory cannot be read in time. */
export function spoolMetrics(registry: Registry, count: () => Promise<SpoolCount>): void {
  const ask = boundedAsk(count);
  const events = new Gauge({
    name: "vmcatcher_one_spool_events",
    help: "Events in the hook's spool: waiting for the first queue, or bad and set aside",
    labelNames: ["state"],
    registers: [registry],
    collect: async () => {
      const answer = await ask();
      events.reset();
      if ("value" in answer) {
        events.set({ state: "waiting" }, answer.value.waiting);
        events.set({ state: "bad" }, answer.value.bad);
      }
    },
  });
}
