import { Gauge, type Registry } from "prom-client";
import type { Liveness } from "./liveness.ts";

/** What the slots do, as `/healthz` sees it. */
export function slotMetrics(registry: Registry, liveness: Liveness): void {
  const slots = new Gauge({
    name: "vmcatcher_one_slots",
    help: "Slots of a function by what they do; stuck: the sign of life that was due has not come",
    labelNames: ["function", "state"],
    registers: [registry],
    collect: () => {
      slots.reset();
      for (const { function: name, state, overdue } of liveness.report().slots) {
        slots.inc({ function: name, state: overdue ? "stuck" : state });
      }
    },
  });
}
