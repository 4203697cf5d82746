import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Outcome } from "../worker/outcome.ts";
import type { Observer } from "../worker/step.ts";

/**
 * Counts what the workers tell.
 * @param functions those that run here: their counters exist from the start, since `increase` does not see a first value
 */
export function workMetrics(
  registry: Registry,
  functions: readonly string[],
): Required<Pick<Observer, "onInFlight" | "onOutcome" | "onHeartbeat">> {
  const registers = [registry];
  const messages = new Counter({
    name: "vmcatcher_one_messages_total",
    help: "Deliveries that are over, by function and what became of them",
    labelNames: ["function", "outcome"],
    registers,
  });
  const duration = new Histogram({
    name: "vmcatcher_one_message_duration_seconds",
    help: "How long a function worked on one delivery",
    labelNames: ["function", "outcome"],
    buckets: DURATION_BUCKETS_SECONDS,
    registers,
  });
  const inFlight = new Gauge({
    name: "vmcatcher_one_in_flight",
    help: "Messages that this process works on now",
    labelNames: ["function"],
    registers,
  });
  const heartbeatFailures = new Counter({
    name: "vmcatcher_one_heartbeat_failures_total",
    help: "Heartbeats, by which a lease goes on, that the queue did not take",
    labelNames: ["function"],
    registers,
  });
  for (const name of functions) {
    for (const outcome of OUTCOMES) {
      messages.inc({ function: name, outcome }, 0);
    }
    inFlight.set({ function: name }, 0);
    heartbeatFailures.inc({ function: name }, 0);
  }
  return {
    onInFlight: ({ function: name, change }) => inFlight.inc({ function: name }, change),
    onOutcome: ({ function: name, outcome, milliseconds }) => {
      messages.inc({ function: name, outcome });
      duration.observe({ function: name, outcome }, milliseconds / 1000);
    },
    onHeartbeat: ({ function: name, ok }) => heartbeatFailures.inc({ function: name }, ok ? 0 : 1),
  };
}

const OUTCOMES = [
  "ok",
  "retry",
  "start_over",
  "dead",
  "released",
  "lease_lost",
] as const satisfies readonly Outcome["kind"][];

/** From a step that has nothing to do up to the longest that a queue leaves a message to a receiver, 12 hours. */
const DURATION_BUCKETS_SECONDS = [
  0.1, 0.5, 2, 10, 30, 60, 300, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200,
];
