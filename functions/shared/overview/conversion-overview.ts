import type { Progress } from "../staging/staging.ts";

/** How far a conversion is, and how fast it goes. */
export interface ConversionOverview extends Progress {
  /** Of the source, since the step began; absent in the first moments. */
  readonly bytesPerSecond?: number | undefined;
  /** Until the end of the step, if it goes on like this. */
  readonly secondsLeft?: number | undefined;
}

/** Adds the speed to what a conversion tells of itself. */
export function conversionOverview(progress: Progress): ConversionOverview {
  const { percent, bytes, updatedAt, startedAt, stepStartedAt = startedAt } = progress;
  const seconds = (Date.parse(updatedAt) - Date.parse(stepStartedAt)) / 1000;
  if (!(seconds >= MIN_SECONDS && percent > 0)) {
    return progress;
  }
  return {
    ...progress,
    bytesPerSecond: bytes === undefined ? undefined : Math.round((bytes * percent) / 100 / seconds),
    secondsLeft: Math.round((seconds * (100 - percent)) / percent),
  };
}

const MIN_SECONDS = 1; // before that, the speed is a guess
