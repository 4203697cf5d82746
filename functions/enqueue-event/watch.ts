import { join } from "node:path";
import { type Clock, systemClock } from "../shared/time/clock.ts";
import { errorText } from "../shared/log/error-text.ts";
import type { Log } from "../shared/log/log.ts";
import { RECEIVE_BACKOFF, backoffSeconds } from "../shared/worker/retry-delay.ts";
import { QUEUE_CALL_SECONDS, type GiveSign } from "../shared/worker/sign-of-life.ts";
import { watchArrivals } from "./arrivals.ts";
import { drainSpool } from "./drain.ts";
import type { EnqueueDeps } from "./handler.ts";
import { Leftovers } from "./leftovers.ts";
import { SpoolFailure } from "../shared/spool/spool-failure.ts";
import { type SpoolDirectories, openSpool } from "../shared/spool/spool.ts";

/** What watching takes; clock and chance are the real ones by default. */
export interface WatchDeps extends EnqueueDeps {
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly sign?: GiveSign;
}

/**
 * Drains the spool whenever the hook has recorded something, until the signal aborts.
 * A queue that is down and a disk that refuses are waited for: nothing leaves the spool meanwhile.
 * @returns when the signal has aborted; an event that is being sent then is finished first
 */
export async function watchSpool(
  directories: SpoolDirectories,
  deps: WatchDeps,
  signal: AbortSignal,
): Promise<void> {
  const { log, clock = systemClock, random = Math.random } = deps;
  const trouble = troubleLog(log);
  using arrivals = watchArrivals(join(directories.spoolDirectory, "new"), { clock, log });
  const leftovers = new Leftovers();
  let failures = 0;
  while (!signal.aborted) {
    deps.sign?.("draining", QUEUE_CALL_SECONDS);
    try {
      const spool = await openSpool(directories);
      arrivals.watch();
      arrivals.forget();
      await drainSpool(spool, { ...deps, clock, leftovers }, signal);
      failures = 0;
      trouble.over();
      await arrivals.wait(POLL_MS, signal);
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      failures += 1;
      trouble.found(error);
      const pauseMs = backoffSeconds(RECEIVE_BACKOFF, failures, random) * 1000;
      await clock.sleep(pauseMs, signal).catch(() => undefined); // only an abort ends it early
    }
  }
}

// A safety net: watches do not see what another host writes on a shared file system. It costs a few system calls.
const POLL_MS = 5000;

/** Tells of a trouble once, however often it is met, and of its end. */
function troubleLog(log: Log) {
  let current: string | undefined;
  return {
    found: (error: unknown) => {
      const text = errorText(error);
      if (text === current) {
        return;
      }
      current = text;
      if (error instanceof SpoolFailure) {
        log.error(
          { error: text },
          "the spool cannot be drained until this is mended; no event is lost",
        );
      } else {
        log.warn({ error: text }, "the spool cannot be drained now, trying again until it can");
      }
    },
    over: () => {
      if (current !== undefined) {
        current = undefined;
        log.info("the spool is drained again");
      }
    },
  };
}
