import { type FSWatcher, watch } from "node:fs";
import type { Clock } from "../shared/time/clock.ts";
import { errorText } from "../shared/log/error-text.ts";
import type { Log } from "../shared/log/log.ts";

/** Waits for something to change in a directory. */
export interface Arrivals extends Disposable {
  /** Starts watching, if it has not begun; the directory exists. From here on no change is missed. */
  watch(): void;
  /** What has changed so far is known: only later changes end a wait. */
  forget(): void;
  /** Resolves after a change since `forget`, after `milliseconds`, or when the signal aborts. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** A host that has no watches left (fs.inotify.max_user_watches) still has the time-out: it only gets slower. */
export function watchArrivals(
  directory: string,
  { clock, log }: { clock: Clock; log: Log },
): Arrivals {
  let watcher: FSWatcher | undefined;
  let arrived = false;
  let begun = false;
  let wake: (() => void) | undefined;

  const fail = (error: unknown) => {
    log.warn(
      { directory, error: errorText(error) },
      "the directory cannot be watched, it is only looked at now and then",
    );
    watcher?.close();
  };
  return {
    watch: () => {
      if (begun) {
        return;
      }
      begun = true;
      try {
        watcher = watch(directory, () => {
          arrived = true;
          wake?.();
        }).on("error", fail);
      } catch (error) {
        fail(error);
      }
    },
    forget: () => {
      arrived = false;
    },
    wait: async (milliseconds, signal) => {
      if (arrived) {
        return;
      }
      const woken = new AbortController();
      wake = () => woken.abort();
      await clock
        .sleep(milliseconds, AbortSignal.any([signal, woken.signal]))
        .catch(() => undefined);
    },
    [Symbol.dispose]: () => watcher?.close(),
  };
}
