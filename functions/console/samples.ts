import type { Clock } from "../shared/time/clock.ts";
import type { GiveSign } from "../shared/worker/sign-of-life.ts";

/** What is going on at one moment. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Messages and events; undefined when the queue or the spool did not answer. */
  readonly backlog:
    | { readonly waiting: number; readonly inFlight: number; readonly dead: number }
    | undefined;
  /** Conversions under way. */
  readonly converting: number;
  /** Of all of them together. */
  readonly bytesPerSecond: number;
}

/** The samples of the last day, in memory: they begin anew with the process. */
export class Samples {
  #ring: readonly Sample[] = [];

  add(sample: Sample): void {
    this.#ring = [...this.#ring, sample].slice(-KEPT);
  }

  /** Oldest first. */
  all(): readonly Sample[] {
    return this.#ring;
  }
}

/** Takes a sample every half minute until `signal`. A sample that cannot be taken is left out. */
export async function sampleUntil(
  { samples, take, clock, sign }: SampleOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    sign("receiving", (2 * INTERVAL_MS) / 1000);
    samples.add(await take());
    await clock.sleep(INTERVAL_MS, signal).catch(() => undefined); // woken by the stop
  }
}

interface SampleOptions {
  readonly samples: Samples;
  readonly take: () => Promise<Sample>;
  readonly clock: Clock;
  readonly sign: GiveSign;
}

const INTERVAL_MS = 30_000; // each costs two requests a queue on SQS
const KEPT = (24 * 3600_000) / INTERVAL_MS;
