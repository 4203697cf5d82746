import type { Config } from "../settings/config.ts";
import type { Log } from "../log/log.ts";
import type { CallReport } from "../opennebula/rpc.ts";
import type { Observer } from "../worker/step.ts";
import type { AskOptions } from "./bounded-ask.ts";
import { depthProbe, type DepthQueue } from "./depth-probe.ts";
import { servePages, type Page } from "./http-server.ts";
import { Liveness } from "./liveness.ts";
import { createMetrics } from "./metrics.ts";
import { Readiness } from "./readiness.ts";
import type { SpoolCount } from "./spool-metrics.ts";

/** Health and metrics of this process; what happens in it is told here. */
export interface Health {
  readonly observer: Observer;
  readonly onCall: ((call: CallReport) => void) | undefined;
  /** The queues that this process takes from and sends to can be asked from now on. */
  queuesOpened(queues: readonly DepthQueue[]): void;
  close(): Promise<void>;
}

/** What the pages tell of. */
export interface HealthOptions {
  readonly config: Pick<Config, "http" | "stagingDirectory">;
  readonly log: Log;
  /** The functions that run in this process. */
  readonly functions: readonly string[];
  /** Given where the spool is drained. */
  readonly countSpool: (() => Promise<SpoolCount>) | undefined;
  /** After this the process is not ready any more. */
  readonly stop: AbortSignal;
  /** For tests: the clock, and how patiently queues are asked. */
  readonly timing?: AskOptions;
}

/**
 * Serves `/healthz`, `/readyz` and `/metrics` where the setting says, or nowhere.
 * @throws ConfigError when the address cannot be listened on
 */
export async function openHealth(options: HealthOptions): Promise<Health> {
  const { config, log, functions, countSpool, stop, timing = {} } = options;
  if (config.http === undefined) {
    return {
      observer: {},
      onCall: undefined,
      queuesOpened: () => undefined,
      close: async () => undefined,
    };
  }
  const liveness = new Liveness(timing.now);
  const readiness = new Readiness(stop, timing.now);
  const metrics = createMetrics({
    functions,
    stagingDirectory: config.stagingDirectory,
    liveness,
    probes: () => readiness.probes,
    countSpool,
  });
  const pages = new Map<string, () => Promise<Page>>([
    [
      "/healthz",
      async () => {
        const report = liveness.report();
        return jsonPage(report.alive, report);
      },
    ],
    [
      "/readyz",
      async () => {
        const report = await readiness.report();
        return jsonPage(report.ready, report);
      },
    ],
    ["/metrics", () => metrics.page()],
  ]);
  const server = await servePages(config.http, pages, log);
  log.info({ url: server.url }, "health and metrics are served");
  return {
    observer: { ...metrics.observer, onSign: (sign) => liveness.take(sign) },
    onCall: (call) => {
      metrics.onCall(call);
      readiness.called(call);
    },
    queuesOpened: (queues) => readiness.opened(queues.map((queue) => depthProbe(queue, timing))),
    close: () => server.close(),
  };
}

function jsonPage(good: boolean, report: object): Page {
  return {
    status: good ? 200 : 503,
    contentType: "application/json",
    body: `${JSON.stringify(report)}\n`,
  };
}
