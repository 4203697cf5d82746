import { Registry } from "prom-client";
import type { CallReport } from "../opennebula/rpc.ts";
import type { Observer } from "../worker/step.ts";
import { conversionMetrics } from "./conversion-metrics.ts";
import type { DepthProbe } from "./depth-probe.ts";
import type { Page } from "./http-server.ts";
import type { Liveness } from "./liveness.ts";
import { leftoverMetrics } from "./leftover-metrics.ts";
import { openNebulaMetrics } from "./opennebula-metrics.ts";
import { processMetrics } from "./process-metrics.ts";
import { queueMetrics } from "./queue-metrics.ts";
import { slotMetrics } from "./slot-metrics.ts";
import { spoolMetrics, type SpoolCount } from "./spool-metrics.ts";
import { workMetrics } from "./work-metrics.ts";

/** What `GET /metrics` tells, and how it gets to know. */
export interface Metrics {
  readonly observer: Observer;
  readonly onCall: (call: CallReport) => void;
  page(): Promise<Page>;
}

/** What the metrics are about. */
export interface MetricsOptions {
  /** Those that run in this process. */
  readonly functions: readonly string[];
  readonly stagingDirectory: string;
  readonly liveness: Liveness;
  readonly probes: () => readonly DepthProbe[];
  /** Given where the spool is drained. */
  readonly countSpool: (() => Promise<SpoolCount>) | undefined;
}

/** Makes all metrics in a registry of their own. Labels take few values, except where said. */
export function createMetrics(options: MetricsOptions): Metrics {
  const { functions, stagingDirectory, liveness, probes, countSpool } = options;
  const registry = new Registry();
  const work = workMetrics(registry, functions);
  const conversions = conversionMetrics(registry, stagingDirectory);
  slotMetrics(registry, liveness);
  queueMetrics(registry, probes);
  if (countSpool !== undefined) {
    spoolMetrics(registry, countSpool);
  }
  const onCall = openNebulaMetrics(registry);
  processMetrics(registry);
  return {
    observer: {
      ...work,
      ...leftoverMetrics(registry),
      onInFlight: (event) => {
        work.onInFlight(event);
        conversions.onInFlight(event);
      },
    },
    onCall,
    page: async () => ({
      status: 200,
      contentType: registry.contentType,
      body: await registry.metrics(),
    }),
  };
}
