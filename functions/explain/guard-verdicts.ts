import type { Job } from "../job/job.ts";
import { readCacheIndex } from "../shared/vmcatcher/cache-index.ts";
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
  config: Pick<Config, "expireUnknown">,
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
    await endorsed(job),
    job.event === "available"
      ? alreadyLive(lineage, job.sha512)
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

async function endorsed(job: Job): Promise<Verdict> {
  const question = "endorsed";
  if (job.cacheIndex === undefined) {
    return { question, answer: "unknown", text: "the event does not say where cache.index is" };
  }
  const index = await readCacheIndex(job.cacheIndex);
  if (index === undefined) {
    return { question, answer: "unknown", text: `${job.cacheIndex} cannot be read` };
  }
  const entry = index.entry(job.identifier);
  const isNamed = entry !== undefined && (job.event === "expired" || entry.sha512 === job.sha512);
  return {
    question,
    answer: isNamed ? "yes" : "no",
    text: isNamed
      ? `${job.cacheIndex} names it`
      : entry === undefined
        ? `${job.cacheIndex} does not name the identifier`
        : `${job.cacheIndex} names another content: sha512 ${entry.sha512.slice(0, 12)}…`,
  };
}

function alreadyLive({ live }: Lineage, sha512: string): Verdict {
  const question = "already live";
  if (live === undefined) {
    return { question, answer: "no", text: "there is no live image" };
  }
  return holds(live, sha512)
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
    unknown: `vmcatcher_image did not answer, and VMCATCHER_ONE_EXPIRE_UNKNOWN says ${expireUnknown}`,
  };
  return {
    question: "still subscribed",
    answer: answer[subscription],
    text: text[subscription],
  };
}
