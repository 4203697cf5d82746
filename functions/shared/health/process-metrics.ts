import { readdir } from "node:fs/promises";
import { Counter, Gauge, type Registry } from "prom-client";
import packageJson from "../../../package.json" with { type: "json" };

/**
 * The process itself, under the names that Prometheus keeps for it in every language, so that a site's own dashboards
 * work (https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics).
 *
 * Not prom-client's own set: some of its names break the naming rules that promtool checks, and it starts a timer and an
 * observer of garbage collection that cannot be stopped.
 */
export function processMetrics(registry: Registry): void {
  const registers = [registry];
  const gauge = (name: string, help: string, value: () => number | Promise<number>): void => {
    const made: Gauge = new Gauge({
      name,
      help,
      registers,
      collect: async () => made.set(await value()),
    });
  };
  const seconds = (name: string, help: string, total: () => number): void => {
    const counter = new Counter({
      name,
      help,
      registers,
      collect: () => {
        counter.reset();
        counter.inc(total());
      },
    });
  };
  seconds("process_cpu_seconds_total", "CPU time used, in user and kernel mode", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  seconds(
    "nodejs_eventloop_active_seconds_total",
    "Time in which the event loop was busy: at a rate of 1 a second nothing else gets its turn",
    () => performance.eventLoopUtilization().active / 1000,
  );
  gauge("process_start_time_seconds", "When the process began, since 1970", () => STARTED_SECONDS);
  gauge("process_resident_memory_bytes", "Resident memory", () => process.memoryUsage.rss());
  gauge("process_open_fds", "Open file descriptors", countDescriptors);
  gauge("nodejs_heap_used_bytes", "Used part of the heap", () => process.memoryUsage().heapUsed);
  new Gauge({
    name: "vmcatcher_one_build_info",
    help: "1, with the version as a label",
    labelNames: ["version"],
    registers,
  }).set({ version: packageJson.version }, 1);
}

const STARTED_SECONDS = performance.timeOrigin / 1000;

async function countDescriptors(): Promise<number> {
  return (await readdir("/proc/self/fd")).length - 1; // one is that of the directory
}
