import { EVENT_TIME, JOB, STATE } from "../lineage/attributes.ts";
import type { Image } from "../opennebula/opennebula.ts";
import type { ConversionOverview } from "./conversion-overview.ts";

/** Work under way for an identifier. */
export interface InFlightOverview {
  readonly job: string;
  /** What is being done, in a few words: `converting`, `copied by OpenNebula`, `rights not yet restored`. */
  readonly step: string;
  readonly since?: string | undefined;
  /** 0 to 100 of the step; absent where nobody can tell. */
  readonly percent?: number | undefined;
  readonly bytesPerSecond?: number | undefined;
  readonly secondsLeft?: number | undefined;
}

/** What conversions and unfinished images tell of the work on an identifier. */
export function inFlightOverviews(its: {
  readonly live: Image | undefined;
  readonly pending: readonly Image[];
  readonly conversions: readonly ConversionOverview[];
}): readonly InFlightOverview[] {
  const { live, pending, conversions } = its;
  return [
    ...conversions.map(({ jobId, step, startedAt, percent, bytesPerSecond, secondsLeft }) => ({
      job: jobId,
      step,
      since: startedAt,
      percent,
      bytesPerSecond,
      secondsLeft,
    })),
    ...pending.map((image) =>
      unfinished(image, image.state === "LOCKED" ? "copied by OpenNebula" : "to take its place"),
    ),
    ...(live?.attributes.get(STATE) === "pending"
      ? [unfinished(live, "rights not yet restored")]
      : []),
  ];
}

function unfinished(image: Image, step: string): InFlightOverview {
  return {
    job: image.attributes.get(JOB) ?? "",
    step,
    since: image.attributes.get(EVENT_TIME),
  };
}
