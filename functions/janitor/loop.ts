import { janitorPass, type PassDeps } from "./pass.ts";

/** What the loop takes. */
interface LoopDeps extends PassDeps {
  /** From 0 up to 1; `Math.random` by default. */
  readonly random?: () => number;
}

/**
 * Passes every `janitorSeconds` until `stop`. The pauses, the first one too, are left to chance by half, so that several
 * hosts and containers that were started together do not all look at the dead letters at the same moment.
 */
export async function cleanUntil(given: LoopDeps, stop: AbortSignal): Promise<void> {
  const { config, clock, sign, random = Math.random } = given;
  while (!stop.aborted) {
    const pauseSeconds = config.janitorSeconds * (0.5 + random());
    sign?.("waiting", pauseSeconds + PATIENCE_SECONDS);
    await clock.sleep(pauseSeconds * 1000, stop).catch(() => undefined); // only an abort ends it early
    await janitorPass(given, stop).catch((error: unknown) => {
      if (!stop.aborted) {
        throw error;
      }
    });
  }
}

const PATIENCE_SECONDS = 60;
