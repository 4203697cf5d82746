import type { Clock } from "../time/clock.ts";
import { errorText } from "../log/error-text.ts";
import type { Log } from "../log/log.ts";
import { RECEIVE_BACKOFF, backoffSeconds } from "./retry-delay.ts";

/** Something that may be out, and what is known of it; shared by all who wait for it. */
export interface Outage {
  /**
   * Calls until it works, more and more slowly. The log hears of an outage once, and once of its end.
   * @returns undefined when `stop` aborted first; a call is never interrupted
   */
  outlast<T>(call: () => Promise<T>, stop: AbortSignal): Promise<T | undefined>;
}

/** @param what the thing that may be out, as the log calls it */
export function watchOutage(
  what: string,
  { clock, log, random }: { clock: Clock; log: Log; random: () => number },
): Outage {
  let since: number | undefined;
  const failed = (error: unknown): void => {
    if (since === undefined) {
      since = clock.now().getTime();
      log.warn({ error: errorText(error) }, `${what} cannot be used, trying again until it can`);
    }
  };
  const worked = (): void => {
    if (since !== undefined) {
      log.info({ milliseconds: clock.now().getTime() - since }, `${what} can be used again`);
      since = undefined;
    }
  };
  return {
    outlast: async (call, stop) => {
      for (let failures = 1; !stop.aborted; failures += 1) {
        // A call that began before a change says nothing of the time after it: a long poll may end well during an outage.
        const before = since;
        try {
          const answer = await call();
          if (before === since) {
            worked();
          }
          return answer;
        } catch (error) {
          if (before === since) {
            failed(error);
          }
        }
        const milliseconds = backoffSeconds(RECEIVE_BACKOFF, failures, random) * 1000;
        await clock.sleep(milliseconds, stop).catch(() => undefined); // woken by the stop
      }
      return undefined;
    },
  };
}
