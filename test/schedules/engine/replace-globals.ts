import { currentProcessIfAny, type SimulatedProcess } from "./simulated-process.ts";

/**
 * Gives the timers of the runtime virtual time wherever a simulated process uses them; everybody else keeps the real ones.
 * Only what the functions use is replaced: `setInterval` (signs of life of a conversion) and `AbortSignal.timeout` (calls).
 */
export function replaceGlobals(): void {
  const real = {
    setInterval: globalThis.setInterval,
    clearInterval: globalThis.clearInterval,
    timeout: AbortSignal.timeout.bind(AbortSignal),
  };
  Object.assign(globalThis, {
    setInterval: (run: () => void, milliseconds: number) => {
      const process = currentProcessIfAny();
      return process === undefined
        ? real.setInterval(run, milliseconds)
        : new VirtualInterval(process, run, milliseconds);
    },
    clearInterval: (interval: NodeJS.Timeout | VirtualInterval) => {
      if (interval instanceof VirtualInterval) {
        interval.end();
      } else {
        real.clearInterval(interval);
      }
    },
  });
  AbortSignal.timeout = (milliseconds) => {
    const process = currentProcessIfAny();
    if (process === undefined) {
      return real.timeout(milliseconds);
    }
    const controller = new AbortController();
    process.later(milliseconds, () => controller.abort(TIMED_OUT));
    return controller.signal;
  };
}

/** One for all: to make one with its stack for each call would take longer than the call. */
const TIMED_OUT = new DOMException("The operation was aborted due to timeout", "TimeoutError");

class VirtualInterval {
  #ended = false;

  constructor(process: SimulatedProcess, run: () => void, milliseconds: number) {
    const again = (): void => {
      if (!this.#ended) {
        run();
        process.later(milliseconds, again);
      }
    };
    process.later(milliseconds, again);
  }

  end(): void {
    this.#ended = true;
  }

  unref(): this {
    return this;
  }
}
