import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import type { DeadLetter } from "../../functions/shared/queue/queue.ts";
import { DIRECTORY } from "./directory.ts";
import { checkAtRest } from "./invariants/at-rest.ts";
import { isHopeless } from "./invariants/hopeless.ts";
import type { Violation } from "./invariants/violation.ts";
import { Watch } from "./invariants/watch.ts";
import { mendAll, play } from "./play.ts";
import type { Schedule } from "./schedule.ts";
import { Site } from "./site/site.ts";

/** What came of a schedule. */
export interface Outcome {
  readonly violations: readonly Violation[];
  /** Calls that OpenNebula got. */
  readonly calls: number;
}

/** Runs a schedule to its end and looks whether all invariants hold. @param trace is told what happens */
export async function runSchedule(
  schedule: Schedule,
  trace: (line: () => string) => void = () => undefined,
): Promise<Outcome> {
  const site = new Site(schedule, mkdtempSync(join(DIRECTORY, "vmcatcher-one-")), trace);
  try {
    const watch = new Watch(site, schedule.expireUnknown);
    site.frontEnd.watch(watch);
    play(schedule, site);
    await site.pass((schedule.actions.at(-1)?.at ?? 0) + FAULTY_SECONDS);
    mendAll(site);
    const isQuiet = await settle(site, schedule);
    const atRest = isQuiet
      ? checkAtRest(site, schedule)
      : [{ invariant: "comesToRest", what: stillToDo(site) }];
    return { violations: [...watch.violations, ...atRest], calls: site.frontEnd.calls() };
  } finally {
    site.close();
  }
}

/** Faults go on for so long after the last action. */
const FAULTY_SECONDS = 3600;
const LOOK_SECONDS = 900;
/** Longer than any back-off, downtime and number of restarts of a job together. */
const PATIENCE_SECONDS = 4 * 24 * 3600;
/** What is younger than a day stays; then a pass or two. */
const JANITOR_PATIENCE_SECONDS = 3 * 24 * 3600;
const REPLAYS = 3;

/**
 * Waits until nothing is left to do, as an administrator would who looks now and then: she ends the VMs, removes what is in the way
 * of dead letters (a full quota, what hangs in deletion) and replays those that a replay can help, which faults have made.
 * @returns whether it has come to rest
 */
async function settle(site: Site, { janitor }: Schedule): Promise<boolean> {
  for (let replays = 0; ; replays += 1) {
    if (!(await becomesIdle(site))) {
      return false;
    }
    site.administrator.endVms();
    await site.pass(2 * site.config.sweepSeconds);
    const queues = site.broker.all();
    const isWorthIt = (letter: DeadLetter): boolean => !isHopeless(letter, site);
    const dead = queues.flatMap((queue) => queue.dead()).filter(isWorthIt);
    if (dead.length === 0 || replays === REPLAYS) {
      await site.pass(janitor === "absent" ? 0 : JANITOR_PATIENCE_SECONDS);
      return await becomesIdle(site);
    }
    site.administrator.removeObstacles();
    site.trace(() => `administrator: replays ${dead.length} dead letters`);
    for (const queue of queues) {
      queue.redrive(isWorthIt);
    }
  }
}

async function becomesIdle(site: Site): Promise<boolean> {
  for (let seconds = 0; seconds < PATIENCE_SECONDS; seconds += LOOK_SECONDS) {
    await site.pass(LOOK_SECONDS);
    if (stillToDo(site) === "") {
      return true;
    }
  }
  return false;
}

function stillToDo({ broker, vmcatcher }: Site): string {
  const queued = broker
    .all()
    .filter((queue) => queue.bodies().length > 0)
    .map((queue) => `${queue.name}: ${queue.bodies().length}`);
  const spooled = vmcatcher.spooled();
  return [...queued, ...(spooled > 0 ? [`spool: ${spooled}`] : [])].join(", ");
}
