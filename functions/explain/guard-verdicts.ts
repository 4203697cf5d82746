import type { Job } from "../job/job.ts";
import { type Digest, digestParts } from "../job/digest.ts";
import type { Endorsement } from "../shared/endorsement/endorsement.ts";
import type { Config } from "../shared/settings/config.ts";
import { GiveUp } from "../shared/step/errors.ts";
import { eventTime, holds, lineageOf, type Lineage } from "../shared/lineage/lineage.ts";
import type { Image } from "../shared/opennebula/opennebula.ts";

/** What one of the questions that decide over a job is answered with. */
export interface Verdict {
  readonly question:
    | "one live image"
    | "newest event"
    | "endorsed"
    | "already live"
    | "still subscribed"
    | "image";
  readonly answer: "yes" | "no" | "unknown";
  readonly text: string;
}

/** The answers that the functions will find, as OpenNebula and vmcatcher are now. */
export async function guardVerdicts(
  job: Job,
  images: readonly Image[],
  {
    config,
    endorsement,
  }: { readonly config: Pick<Config, "expireUnknown">; readonly endorsement: Endorsement },
  signal: AbortSignal,
): Promise<readonly Verdict[]> {
  let lineage: Lineage;
  try {
    lineage = lineageOf(job.identifier, images);
  } catch (error) {
    if (error instanceof GiveUp) {
      return [{ question: "one live image", answer: "no", text: error.message }];
    }
    throw error;
  }
  return [
    newest(job, lineage),
    await endorsed(job, endorsement, signal),
    job.event === "available"
      ? alreadyLive(lineage, job.digest)
      : subscribed(job.subscription, config),
  ];
}

function newest(job: Job, { images }: Lineage): Verdict {
  const newer = images.find((image) => eventTime(image) > job.eventTime);
  return {
    question: "newest event",
    answer: newer === undefined ? "yes" : "no",
    text:
      newer === undefined
        ? `no image has an event after ${job.eventTime}`
        : `image ${newer.id} has one of ${eventTime(newer)}, this one is of ${job.eventTime}: superseded`,
  };
}

async function endorsed(job: Job, endorsement: Endorsement, signal: AbortSignal): Promise<Verdict> {
  const question = "endorsed";
  const standing = await endorsement.ofJob(job, signal);
  switch (standing?.kind) {
    case undefined:
      return { question, answer: "unknown", text: "the event does not say where cache.index is" };
    case "unknown":
      return { question, answer: "unknown", text: `${job.cacheIndex} cannot be read` };
    case "not-endorsed":
      return { question, answer: "no", text: `${job.cacheIndex} does not name the identifier` };
    case "endorsed":
  }
  const { digest } = standing.image;
  if (job.event === "expired" || digest === job.digest) {
    return { question, answer: "yes", text: `${job.cacheIndex} names it` };
  }
  const { algorithm, hex } = digestParts(digest);
  return {
    question,
    answer: "no",
    text: `${job.cacheIndex} names another content: ${algorithm} ${hex.slice(0, 12)}…`,
  };
}

function alreadyLive({ live }: Lineage, digest: Digest): Verdict {
  const question = "already live";
  if (live === undefined) {
    return { question, answer: "no", text: "there is no live image" };
  }
  return holds(live, digest)
    ? { question, answer: "yes", text: `image ${live.id} holds this content` }
    : { question, answer: "no", text: `image ${live.id} is live, with another content` };
}

function subscribed(
  subscription: "subscribed" | "gone" | "unknown",
  { expireUnknown }: Pick<Config, "expireUnknown">,
): Verdict {
  const answer = { subscribed: "yes", gone: "no", unknown: "unknown" } as const;
  const text = {
    subscribed: "an update is under way: the image is kept",
    gone: "vmcatcher does not list it any more: the live image is retired",
    unknown: `vmcatcher_image did not answer or knew no image at all, and VMCATCHER_ONE_EXPIRE_UNKNOWN says ${expireUnknown}`,
  };
  return {
    question: "still subscribed",
    answer: answer[subscription],
    text: text[subscription],
  };
}
