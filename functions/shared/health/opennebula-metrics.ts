import { Counter, Histogram, type Registry } from "prom-client";
import type { CallReport } from "../opennebula/rpc.ts";

/** How OpenNebula answers. A `fault` is a refusal, which may be expected; a `transport` error is an outage. */
export function openNebulaMetrics(registry: Registry): (call: CallReport) => void {
  const registers = [registry];
  const calls = new Counter({
    name: "vmcatcher_one_opennebula_calls_total",
    help: "Calls to OpenNebula that have ended, by method and outcome",
    labelNames: ["method", "outcome"],
    registers,
  });
  const duration = new Histogram({
    name: "vmcatcher_one_opennebula_call_duration_seconds",
    help: "How long calls to OpenNebula took, without waiting for one's turn",
    labelNames: ["method"],
    buckets: DURATION_BUCKETS_SECONDS,
    registers,
  });
  return ({ method, outcome, milliseconds }) => {
    calls.inc({ method, outcome });
    duration.observe({ method }, milliseconds / 1000);
  };
}

/** Most methods are given up after 30 s; allocate measures the file first and may take 10 minutes (rpc.ts). */
const DURATION_BUCKETS_SECONDS = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120, 600];
