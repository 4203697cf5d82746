import type { AvailableJob, ExpiredJob, Job } from "../../job/job.ts";
import { type CacheIndex, readCacheIndex } from "../vmcatcher/cache-index.ts";
import type { Deps } from "../step/deps.ts";
import { isOutdated, type Lineage } from "./lineage.ts";

/*
 * Whether an event still counts. Order in the queue is a courtesy: a broker that restarts forgets it, and a replay ignores it.
 *
 * Where vmcatcher's own index can be read, it says what is right now, and no time counts: a clock that was ahead for a while
 * would make everything that is announced after its correction look old. Elsewhere the newest event wins.
 */

/** Whether the announced content is still to become live. */
export async function isWanted(
  job: AvailableJob,
  lineage: Lineage,
  deps: Pick<Deps, "clock" | "log">,
  signal: AbortSignal,
): Promise<boolean> {
  const index = await indexFor(job, lineage, deps, signal);
  if (index === undefined) {
    const wanted = !isOutdated(job, lineage);
    if (!wanted) {
      deps.log.info("a newer event has come first");
    }
    return wanted;
  }
  const wanted = index.entry(job.identifier)?.sha512 === job.sha512;
  if (!wanted) {
    deps.log.info(
      { cacheIndex: job.cacheIndex },
      "vmcatcher does not endorse this content any more",
    );
  }
  return wanted;
}

/** Whether vmcatcher's index can be read and names the announced content. */
export async function isEndorsed(
  { cacheIndex, identifier, sha512 }: AvailableJob,
  signal: AbortSignal,
): Promise<boolean> {
  const index = cacheIndex === undefined ? undefined : await readCacheIndex(cacheIndex, signal);
  return index?.entry(identifier)?.sha512 === sha512;
}

/** Whether an expiry was taken back: vmcatcher names the identifier again and announces or has announced that. */
export async function isTakenBack(
  job: ExpiredJob,
  lineage: Lineage,
  deps: Pick<Deps, "clock">,
  signal: AbortSignal,
): Promise<boolean> {
  const index = await indexFor(job, lineage, deps, signal);
  return index === undefined ? isOutdated(job, lineage) : index.entry(job.identifier) !== undefined;
}

/** vmcatcher overwrites its index in place, so half of it may be seen: no event is dropped by its time for that. */
async function indexFor(
  job: Job,
  lineage: Lineage,
  { clock }: Pick<Deps, "clock">,
  signal: AbortSignal,
): Promise<CacheIndex | undefined> {
  for (let look = 1; job.cacheIndex !== undefined; look += 1) {
    const index = await readCacheIndex(job.cacheIndex, signal);
    if (index !== undefined || look === LOOKS || !isOutdated(job, lineage)) {
      return index;
    }
    await clock.sleep(LOOK_PAUSE_MS, signal);
  }
  return undefined;
}

const LOOKS = 5;
const LOOK_PAUSE_MS = 200;
