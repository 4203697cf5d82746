import { Gauge, type Registry } from "prom-client";
import type { DepthProbe } from "./depth-probe.ts";

/**
 * How much lies in the queues, asked when somebody scrapes. Of a queue that does not answer there are no numbers (old ones
 * would mislead), only that it does not.
 *
 * A process tells of the queues that it takes from and sends to, so that a queue whose own function is down is still
 * seen. Several processes tell the same: take `max by (function)`, not `sum`.
 */
export function queueMetrics(registry: Registry, probes: () => readonly DepthProbe[]): void {
  const registers = [registry];
  const labelNames = ["function"];
  const answers = () =>
    Promise.all(probes().map(async ({ function: name, ask }) => ({ name, answer: await ask() })));
  const messages = new Gauge({
    name: "vmcatcher_one_queue_messages",
    help: "Messages in the queue of a function: waiting, in flight (leased or hidden) and dead",
    labelNames: [...labelNames, "state"],
    registers,
    collect: async () => {
      const found = await answers();
      messages.reset();
      for (const { name, answer } of found) {
        if ("value" in answer) {
          const { waiting, inFlight, dead } = answer.value;
          messages.set({ function: name, state: "waiting" }, waiting);
          messages.set({ function: name, state: "in_flight" }, inFlight);
          messages.set({ function: name, state: "dead" }, dead);
        }
      }
    },
  });
  const oldest = new Gauge({
    name: "vmcatcher_one_queue_oldest_message_age_seconds",
    help: "Age of the oldest message of a queue, 0 when it is empty; the embedded queue only",
    labelNames,
    registers,
    collect: async () => {
      const found = await answers();
      oldest.reset();
      for (const { name, answer } of found) {
        if ("value" in answer && answer.value.oldestAgeSeconds !== undefined) {
          oldest.set({ function: name }, answer.value.oldestAgeSeconds);
        }
      }
    },
  });
  const reachable = new Gauge({
    name: "vmcatcher_one_queue_reachable",
    help: "1 when the queue of a function has answered, 0 when not",
    labelNames,
    registers,
    collect: async () => {
      const found = await answers();
      for (const { name, answer } of found) {
        reachable.set({ function: name }, "value" in answer ? 1 : 0);
      }
    },
  });
}
