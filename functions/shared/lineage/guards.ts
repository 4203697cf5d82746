import type { AvailableJob, ExpiredJob, Job } from "../../job/job.ts";
import type { Standing } from "../endorsement/endorsement.ts";
import type { Deps } from "../step/deps.ts";
import { isOutdated, type Lineage } from "./lineage.ts";

/*
 * Whether an event still counts. Order in the queue is a courtesy: a broker that restarts forgets it, and a replay ignores it.
 *
 * Where it is known what is endorsed, that says what is right now, and no time counts: a clock that was ahead for a while
 * would make everything that is announced after its correction look old. Elsewhere the newest event wins.
 */

/** Whether the announced content is still to become live. */
export async function isWanted(
  job: AvailableJob,
  lineage: Lineage,
  deps: Pick<Deps, "endorsement" | "clock" | "log">,
  signal: AbortSignal,
): Promise<boolean> {
  const standing = await standingOf(job, lineage, deps, signal);
  if (standing === undefined) {
    const wanted = !isOutdated(job, lineage);
    if (!wanted) {
      deps.log.info("a newer event has come first");
    }
    return wanted;
  }
  const wanted = names(standing, job);
  if (!wanted) {
    deps.log.info({ cacheIndex: job.cacheIndex }, "this content is not endorsed any more");
  }
  return wanted;
}

/** Whether it is known what is endorsed, and the announced content is. */
export async function isEndorsed(
  job: AvailableJob,
  { endorsement }: Pick<Deps, "endorsement">,
  signal: AbortSignal,
): Promise<boolean> {
  return names(await endorsement.ofJob(job, signal), job);
}

/** Whether an expiry was taken back: the identifier is endorsed again, and that is or was announced. */
export async function isTakenBack(
  job: ExpiredJob,
  lineage: Lineage,
  deps: Pick<Deps, "endorsement" | "clock">,
  signal: AbortSignal,
): Promise<boolean> {
  const standing = await standingOf(job, lineage, deps, signal);
  return standing === undefined ? isOutdated(job, lineage) : standing.kind === "endorsed";
}

function names(standing: Standing | undefined, { digest }: AvailableJob): boolean {
  return standing?.kind === "endorsed" && standing.image.digest === digest;
}

/**
 * What is endorsed of a job's identifier; undefined when that is not known. vmcatcher overwrites its index in place, so half of it may
 * be seen: no event is dropped by its time for that.
 */
async function standingOf(
  job: Job,
  lineage: Lineage,
  { endorsement, clock }: Pick<Deps, "endorsement" | "clock">,
  signal: AbortSignal,
): Promise<Standing | undefined> {
  for (let look = 1; ; look += 1) {
    const standing = await endorsement.ofJob(job, signal);
    if (standing?.kind !== "unknown") {
      return standing;
    }
    if (look === LOOKS || !isOutdated(job, lineage)) {
      return undefined;
    }
    await clock.sleep(LOOK_PAUSE_MS, signal);
  }
}

const LOOKS = 5;
const LOOK_PAUSE_MS = 200;
