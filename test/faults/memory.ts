import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** Resident memory of processes over a time, in MiB. */
export class MemoryLog {
  readonly #samples = new Map<string, number[]>();

  /** Takes a sample of each process twice a second until `stop`. @param pids by name */
  async watch(pids: () => ReadonlyMap<string, number>, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      for (const [name, pid] of pids()) {
        const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
        const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
        if (kibibytes !== undefined) {
          const samples = this.#samples.get(name) ?? [];
          samples.push(Number(kibibytes) / 1024);
          this.#samples.set(name, samples);
        }
      }
      await sleep(INTERVAL_MS);
    }
  }

  /** The medians of the first and of the last third of the time, and the maximum, of each process. */
  thirds(): readonly {
    readonly name: string;
    readonly first: number;
    readonly last: number;
    readonly most: number;
  }[] {
    return [...this.#samples].map(([name, samples]) => {
      const third = Math.ceil(samples.length / 3);
      return {
        name,
        first: median(samples.slice(0, third)),
        last: median(samples.slice(-third)),
        most: Math.round(Math.max(...samples)),
      };
    });
  }
}

const INTERVAL_MS = 500;

function median(values: readonly number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0);
}
