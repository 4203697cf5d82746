import { Counter, type Registry } from "prom-client";
import { LEFTOVER_KINDS } from "../staging/leftover-kinds.ts";
import type { Observer } from "../worker/step.ts";

/** Counts what the janitor of this process removes; all kinds from the start, since `increase` does not see a first value. */
export function leftoverMetrics(registry: Registry): Required<Pick<Observer, "onRemoved">> {
  const removed = new Counter({
    name: "vmcatcher_one_leftovers_removed_total",
    help: "Files and images that jobs had left behind and the janitor has removed",
    labelNames: ["kind"],
    registers: [registry],
  });
  for (const kind of LEFTOVER_KINDS) {
    removed.inc({ kind }, 0);
  }
  return { onRemoved: (kind) => removed.inc({ kind }) };
}
