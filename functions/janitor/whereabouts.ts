import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../shared/time/clock.ts";
import type { Config } from "../shared/settings/config.ts";
import { namesIn } from "../shared/files/names-in.ts";
import { checkQueue } from "../shared/queue/queue-record.ts";
import { MAX_RESTARTS } from "../shared/worker/outcome.ts";
import { deadBodies, type JobQueues } from "./closed-queues.ts";
import type { Leftover } from "./leftover.ts";

/** Where jobs are looked for. */
export interface Places {
  readonly config: Config;
  readonly queues: JobQueues;
  /** The steps, in the order of the chain: each takes from the queue of its name. */
  readonly steps: readonly string[];
  readonly clock: Clock;
  /** Called before each thing that takes time. */
  readonly alive: () => void;
}

/** Says why something is still needed, or may be; undefined when its job is over. */
export type WhyNeeded = (owner: Leftover["owner"]) => string | undefined;

/*
 * Is a job over? One that is not is always in at least one of these places, since it is put into the next before it is taken
 * out of the last:
 *
 *   spool/tmp ─▶ spool/new ─▶ queue 1 ─▶ queue 2 ─▶ queue 3 ─▶ queue 4
 *                   ▲            └──────────┴──┬───────┴──────────┘
 *                   │ by hand                  ▼
 *               spool/bad                 dead letters
 *
 * (In a worker's hands it is in a queue too: a message is removed last. An event that is set aside in spool/bad gives up its
 * pin.) So spool/bad is read first, then the places along the arrows. What moves on meanwhile is met further on, and a job that
 * is met nowhere is over. No clock is needed for that, only that a leftover was found before the first place was read: a job
 * makes files and images only while it is somewhere.
 *
 * Against the arrows a job goes when it starts over (to queue 1) or is replayed (from the dead letters to its queue). Where
 * the queue shows everything at one instant, that does not matter. Elsewhere (SQS) nobody can see which messages there are, only
 * how many: then every queue must be empty. A job can slip through one reading by going back behind the reader's back, but it
 * starts over MAX_RESTARTS times at most, so there is one reading more than that. A person who replays it can give it one step
 * back more, and would have to do so in that instant, while the job does all of its own in those of the other readings. The
 * readings are a minute apart because the numbers of SQS lag behind (AWS: they settle within a minute).
 *
 * A message that holds a job holds its id, and that of a pinned image the name of the pin; where the text occurs is not looked
 * at, so that no change of the messages can make a job invisible.
 */

/**
 * Looks for all jobs.
 * @throws CannotTell when there is work, and nobody can see for which jobs; Error when it is not the queue of the events, or a
 *   place cannot be read
 */
export async function findJobs(places: Places, signal: AbortSignal): Promise<WhyNeeded> {
  await checkQueue(places.config);
  const sightings: Sighting[] = [];
  for (let reading = 1; ; reading += 1) {
    const spool = await readSpool(places.config);
    places.alive();
    const bodies = await places.queues.bodies?.();
    if (bodies !== undefined) {
      return whyNeeded([{ ...spool, bodies }]);
    }
    sightings.push({ ...spool, bodies: await deadBodies(places) });
    if (reading > MAX_RESTARTS) {
      return whyNeeded(sightings);
    }
    places.alive();
    await places.clock.sleep(PAUSE_MS, signal);
  }
}

const PAUSE_MS = 60_000;

interface Sighting extends Spool {
  /** Of the messages and dead letters. */
  readonly bodies: readonly string[];
}

/** The names of what the hook has recorded. */
interface Spool {
  /** Set aside; a person may put them back. */
  readonly bad: readonly string[];
  /** Still being recorded. */
  readonly unready: readonly string[];
  /** On their way to the first queue. */
  readonly waiting: readonly string[];
}

function whyNeeded(sightings: readonly Sighting[]): WhyNeeded {
  const entries = new Set(
    sightings.flatMap(({ bad, unready, waiting }) => [...bad, ...unready, ...waiting]),
  );
  const someWait = sightings.some(({ waiting }) => waiting.length > 0);
  const bodies = sightings.flatMap((sighting) => sighting.bodies);
  return (owner) => {
    if ("entry" in owner && entries.has(owner.entry)) {
      return "its event is in the spool";
    }
    if ("job" in owner && someWait) {
      return "events wait in the spool, and its job may be one of them"; // which was sent before, and will be again
    }
    const mention = "job" in owner ? owner.job : `pin-${owner.entry}`;
    return bodies.some((body) => body.includes(mention))
      ? "its job is in a queue or a dead letter"
      : undefined;
  };
}

/** A spool that is not there is not an empty one: it may be on a file system that is not mounted. */
async function readSpool({ spoolDirectory }: Places["config"]): Promise<Spool> {
  const bad = await namesIn(join(spoolDirectory, "bad"));
  const unready = await namesIn(join(spoolDirectory, "tmp"));
  const waiting = await readdir(join(spoolDirectory, "new"));
  return { bad, unready, waiting };
}
