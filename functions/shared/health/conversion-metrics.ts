import { Gauge, type Registry } from "prom-client";
import { readProgress, type Progress } from "../staging/staging.ts";
import type { Observer } from "../worker/step.ts";
import { boundedAsk } from "./bounded-ask.ts";

/**
 * How far the conversions of this process are, from the files that they write for the operator.
 *
 * The identifier is a label only while its job is in work here, so there are never more series than slots, and neither
 * another process's conversion nor what a killed one has left is told.
 */
export function conversionMetrics(
  registry: Registry,
  stagingDirectory: string,
): Required<Pick<Observer, "onInFlight">> {
  const registers = [registry];
  const jobs = new Map<string, number>();
  const read = boundedAsk(() => readProgress(stagingDirectory), { freshMs: FRESH_MS });
  const running = async (): Promise<readonly Progress[]> => {
    const answer = jobs.size === 0 ? { value: [] } : await read();
    return "value" in answer ? answer.value.filter(({ jobId }) => jobs.has(jobId)) : [];
  };
  const ratio = new Gauge({
    name: "vmcatcher_one_conversion_progress_ratio",
    help: "How much of a step of a running conversion is done, 0 to 1",
    labelNames: ["identifier", "step"],
    registers,
    collect: async () => {
      const found = await running();
      ratio.reset();
      for (const { identifier, step, percent } of found) {
        ratio.set({ identifier, step }, percent / 100);
      }
    },
  });
  const bytes = new Gauge({
    name: "vmcatcher_one_conversion_source_bytes",
    help: "Length of the source file of a running conversion",
    labelNames: ["identifier"],
    registers,
    collect: async () => {
      const found = await running();
      bytes.reset();
      for (const { identifier, bytes: length } of found) {
        if (length !== undefined) {
          bytes.set({ identifier }, length);
        }
      }
    },
  });
  return {
    onInFlight: ({ job, change }) => {
      if (job === undefined) {
        return;
      }
      const deliveries = (jobs.get(job) ?? 0) + change; // one job may be in two steps, when a message comes twice
      if (deliveries > 0) {
        jobs.set(job, deliveries);
      } else {
        jobs.delete(job);
      }
    },
  };
}

const FRESH_MS = 1000; // the files change once a second
