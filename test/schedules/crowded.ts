import type { Fault, PlannedFault, Point } from "./engine/faults.ts";
import { Random } from "./engine/random.ts";
import { atDistance, generate } from "./generate.ts";
import type { Action, PlannedAction, Schedule } from "./schedule.ts";

/**
 * The schedule of a seed in which what is rare elsewhere is common: one image, events that follow each other within seconds, a broker
 * that is restarted between them and forgets which was first, people who change things in that moment, and calls that take seconds.
 */
export function generateCrowded(seed: number): Schedule {
  const site = generate(seed);
  const random = new Random(seed ^ 0xc20d);
  return {
    ...site,
    images: 1,
    slots: random.pick([2, 3, 3]),
    janitor: "absent",
    actions: actionsOf(random, site.processes.length),
    faults: [
      ...faultsAt(random, "change", 5),
      ...faultsAt(random, "look", 8),
      ...faultsAt(random, "queue", 20),
    ],
  };
}

const image = 0;
const RUN: Action = { kind: "run" };

/** The image is published and given to somebody; then things happen all at once, once or twice. */
function actionsOf(random: Random, processes: number): readonly PlannedAction[] {
  const actions: PlannedAction[] = [];
  let at = 5 + 30 * random.next();
  const then = (action: Action, pause: number): void => {
    actions.push({ at, action });
    at += pause;
  };
  let version = 1;
  then({ kind: "endorse", image, version, form: "raw" }, 0.01);
  then(RUN, random.chance(0.8) ? 30 + 100 * random.next() : random.next());
  if (random.chance(0.8)) {
    then(owner(random), 0.01);
    then({ kind: "chmod", image, mode: random.pick(["600", "640", "644"]) }, 0.1);
  }
  for (let crowds = 1 + random.below(2); crowds > 0; crowds -= 1) {
    for (let events = 2 + random.below(3); events > 0; events -= 1) {
      const kind = random.next();
      if (kind < 0.5) {
        version = random.chance(0.2) ? Math.max(1, version - 1) : version + 1;
        then({ kind: "endorse", image, version, form: random.pick(FORMS) }, 0.01);
        then(RUN, random.magnitude(0.01, 20));
      } else if (kind < 0.88) {
        for (const change of changesOf(random)) {
          then(change, 0.01);
          then(RUN, random.magnitude(0.01, 10));
        }
      } else {
        then(byHand(random), random.magnitude(0.01, 10));
      }
      if (random.chance(0.6)) {
        then({ kind: "restart broker" }, random.magnitude(0.01, 3));
      }
      if (random.chance(0.1)) {
        const process = random.below(processes);
        then({ kind: "stall process", process, seconds: random.magnitude(1, 300) }, 0.1);
      }
    }
    at += random.magnitude(2, 2000);
    if (random.chance(0.3)) {
      then(owner(random), 1);
    }
  }
  then(RUN, 0);
  return actions;
}

const FORMS = ["raw", "raw", "raw", "unpinned", "vhd"] as const;

/** What vmcatcher announces besides new versions. */
function changesOf(random: Random): readonly Action[] {
  const kind = random.next();
  if (kind < 0.4) {
    return random.chance(0.7)
      ? [
          { kind: "unsubscribe", image },
          { kind: "subscribe", image },
        ]
      : [{ kind: "unsubscribe", image }];
  }
  return [kind < 0.6 ? { kind: "drop", image } : { kind: "lose index" }];
}

function byHand(random: Random): Action {
  return random.pick<Action>([
    { kind: "rename", image },
    { kind: "delete", image },
    { kind: "disable", image },
    { kind: "enable", image },
    { kind: "start vm", image },
    owner(random),
  ]);
}

function owner(random: Random): Action {
  return { kind: "chown", image, user: random.below(2), group: random.below(2) };
}

function faultsAt(random: Random, at: Point, distance: number): readonly PlannedFault[] {
  return atDistance(random, at, {
    distance: random.magnitude(distance / 3, distance * 4),
    most: 7,
    faultOf,
  });
}

/** Mostly what takes long: a crash ends what it strikes, a delay lets others come between. */
function faultOf(random: Random, at: Point): Fault {
  const kind = random.next();
  if (kind < 0.6) {
    const isEffect = at !== "queue" && kind < 0.3;
    return isEffect
      ? { kind: "slow effect", seconds: random.magnitude(1, 45) }
      : { kind: "slow answer", seconds: random.magnitude(1, 60) };
  }
  if (kind < 0.75) {
    return { kind: "stall", seconds: random.magnitude(1, 1500) };
  }
  const downSeconds = random.magnitude(0.1, 300);
  return random.pick<Fault>([
    { kind: "crash before", downSeconds },
    { kind: "crash after", downSeconds },
    { kind: "lose answer" },
  ]);
}
