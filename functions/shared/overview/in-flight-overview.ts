import { EVENT_TIME, JOB, STATE } from "../lineage/attributes.ts";
import type { Image } from "../opennebula/opennebula.ts";
import type { ConversionOverview } from "./conversion-overview.ts";
import type { MessageOverview } from "./queue-overview.ts";

/** Work under way for an identifier: one for each job. */
export interface InFlightOverview {
  readonly job: string;
  /** The function that has it; absent where the queue cannot tell (SQS). */
  readonly function?: string | undefined;
  /** What is being done, in a few words: `waiting`, `converting`, `copied by OpenNebula`. */
  readonly step: string;
  readonly since?: string | undefined;
  /** How often the function has begun with it; from 2 on it has failed before. */
  readonly attempts?: number | undefined;
  /** 0 to 100 of the step; absent where nobody can tell. */
  readonly percent?: number | undefined;
  readonly bytesPerSecond?: number | undefined;
  readonly secondsLeft?: number | undefined;
}

/** What is known of the work on an identifier: from the queues, from conversions, and from images that are not finished. */
export function inFlightOverviews(its: {
  readonly live: Image | undefined;
  readonly pending: readonly Image[];
  readonly messages: readonly MessageOverview[];
  readonly conversions: readonly ConversionOverview[];
}): readonly InFlightOverview[] {
  const jobs = new Map<string, InFlightOverview>();
  // Later ones know better what is being done.
  for (const found of [
    ...its.messages.map(fromMessage),
    ...unfinishedImages(its),
    ...its.conversions.map(fromConversion),
  ]) {
    jobs.set(found.job, { ...jobs.get(found.job), ...found });
  }
  return [...jobs.values()];
}

function fromMessage(message: MessageOverview): InFlightOverview {
  return {
    job: message.job ?? message.id,
    function: message.function,
    step: message.inFlight ? "in work, or waiting for the next try" : "waiting",
    since: message.sentAt,
    attempts: message.attempts,
  };
}

function unfinishedImages(its: {
  readonly live: Image | undefined;
  readonly pending: readonly Image[];
}): InFlightOverview[] {
  const { live, pending } = its;
  return [
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

function fromConversion(conversion: ConversionOverview): InFlightOverview {
  const { jobId, step, startedAt, percent, bytesPerSecond, secondsLeft } = conversion;
  return { job: jobId, step, since: startedAt, percent, bytesPerSecond, secondsLeft };
}
