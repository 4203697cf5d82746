import type { Clock } from "../time/clock.ts";
import { GiveUp, LeaseLost } from "../step/errors.ts";
import { CALL_BACKOFF, backoffSeconds } from "./retry-delay.ts";

/**
 * Makes a queue call, and again when it fails: a short outage must not cost the work of hours that the call concludes.
 * @throws the last error after some 15 seconds; LeaseLost and GiveUp at once; the signal's reason when it aborts between two tries
 */
export async function insist(
  call: () => Promise<void>,
  { clock, random, signal }: Patience,
): Promise<void> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await call();
    } catch (error) {
      const final = error instanceof LeaseLost || error instanceof GiveUp;
      if (final || failures === MAX_TRIES || signal.aborted) {
        throw error;
      }
      await clock.sleep(backoffSeconds(CALL_BACKOFF, failures, random) * 1000, signal);
    }
  }
}

/** How to wait between two tries, and until when. */
export interface Patience {
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** 15.5 seconds of waiting at most: well within what is left of a lease when its heartbeat ends. */
const MAX_TRIES = 6;
