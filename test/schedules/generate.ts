import type { Fault, PlannedFault, Point } from "./engine/faults.ts";
import { Random } from "./engine/random.ts";
import type { Action, PlannedAction, Schedule } from "./schedule.ts";
import { ALL_TASKS, type Task } from "./site/program.ts";

/** The schedule of a seed. */
export function generate(seed: number): Schedule {
  const random = new Random(seed);
  const images = random.pick([1, 1, 1, 2, 3]);
  const processes = random.pick(LAYOUTS);
  const janitor = random.chance(0.95) ? "absent" : random.pick(["sees", "counts"] as const);
  const horizon =
    janitor === "absent"
      ? random.magnitude(300, 4 * HOUR)
      : random.magnitude(30 * HOUR, 100 * HOUR);
  const histories = Array.from({ length: images }, (_, image) => history(random, image));
  const longest = random.chance(0.9) || janitor === "absent" ? 2 * HOUR : 40 * HOUR;
  const site = { images, processes: processes.length, longest };
  const trouble = Array.from({ length: random.below(4) }, () => troubleOf(random, site));
  const byHand = Array.from({ length: random.below(3) }, () => byHandOf(random, images));
  const shared: Action[] = random.chance(0.25) ? [{ kind: "lose index" }, { kind: "run" }] : [];
  const actions = [
    ...histories,
    shared,
    ...trouble.map((one) => [one]),
    ...byHand.map((one) => [one]),
  ]
    .flatMap((line) => spread(random, line, horizon))
    .concat({ at: horizon, action: { kind: "run" } })
    .toSorted((one, other) => one.at - other.at);
  return {
    seed,
    images,
    processes,
    slots: random.pick([1, 2, 2, 3]),
    expireUnknown: random.chance(0.8) ? "keep" : "expire",
    janitor,
    account: random.chance(0.7) ? "oneadmin" : "member",
    index: random.chance(0.7) ? "readable" : "hidden",
    actions,
    faults: (["change", "look", "queue", "disk"] as const).flatMap((at) => faultsAt(random, at)),
  };
}

const HOUR = 3600;

const CONVERTING: readonly Task[] = ["convert-image"];
const OTHERS = ALL_TASKS.filter((task) => task !== "convert-image");

/** All in one process, the same on two hosts, converters apart, and each function by itself. */
const LAYOUTS: readonly (readonly (readonly Task[])[])[] = [
  [ALL_TASKS],
  [ALL_TASKS, ALL_TASKS],
  [OTHERS, CONVERTING, CONVERTING],
  [ALL_TASKS, ["register-image"], ["register-image", "restore-permissions"]],
  ALL_TASKS.map((task) => [task]),
];

/** What happens to one image, in order: it is published, given to somebody, and then anything. */
function history(random: Random, image: number): readonly Action[] {
  let version = 1;
  const actions: Action[] = [
    { kind: "endorse", image, version, form: random.pick(FORMS) },
    { kind: "run" },
  ];
  if (random.chance(0.8)) {
    actions.push({ kind: "chown", image, user: random.below(2), group: random.below(2) });
    actions.push({ kind: "chmod", image, mode: random.pick(MODES) });
  }
  if (random.chance(0.3)) {
    actions.push({ kind: "disable", image });
  }
  // Short histories for the most part: a fault needs few events to do harm, and many short schedules find more than few long ones.
  for (let events = random.below(1 + random.below(6)); events > 0; events -= 1) {
    const kind = random.next();
    if (kind < 0.55) {
      version = random.chance(0.15) ? 1 : version + 1;
      actions.push({ kind: "endorse", image, version, form: random.pick(FORMS) });
      actions.push(random.chance(0.1) ? { kind: "run", failing: image } : { kind: "run" });
    } else if (kind < 0.75) {
      actions.push({ kind: "unsubscribe", image }, { kind: "run" });
      if (random.chance(0.7)) {
        actions.push({ kind: "subscribe", image }, { kind: "run" });
      }
    } else if (kind < 0.82) {
      actions.push({ kind: "drop", image }, { kind: "run" });
    } else if (kind < 0.9) {
      actions.push({ kind: "lock database", seconds: random.magnitude(1, 3000) });
    } else {
      actions.push({ kind: "lose index" }, { kind: "run" });
    }
  }
  return actions;
}

const FORMS = ["raw", "raw", "raw", "raw", "raw", "unpinned", "vhd", "vhd", "wrong"] as const;
const MODES = ["600", "640", "640", "644", "660", "444", "600"];

function byHandOf(random: Random, images: number): Action {
  const image = random.below(images);
  return random.pick<() => Action>([
    () => ({ kind: "chown", image, user: random.below(2), group: random.below(2) }),
    () => ({ kind: "chmod", image, mode: random.pick(MODES) }),
    () => ({ kind: "disable", image }),
    () => ({ kind: "enable", image }),
    () => ({ kind: "rename", image }),
    () => ({ kind: "delete", image }),
    () => ({ kind: "start vm", image }),
    () => ({ kind: "start vm", image }),
    () => ({ kind: "end vms" }),
    () => ({ kind: "delete user", user: random.below(2) }),
    () => ({ kind: "limit user", user: random.below(2), images: random.pick([0, 1]) }),
  ])();
}

function troubleOf(
  random: Random,
  site: { images: number; processes: number; longest: number },
): Action {
  const seconds = random.magnitude(1, site.longest);
  const process = random.below(site.processes);
  return random.pick<() => Action>([
    () => ({ kind: "kill oned", seconds }),
    () => ({ kind: "cut oned", seconds }),
    () => ({ kind: "freeze oned", seconds }),
    () => ({ kind: "restart broker" }),
    () => ({ kind: "stop broker", seconds }),
    () => ({ kind: "fill disk", seconds }),
    () => ({ kind: "fill datastore", seconds }),
    () => ({ kind: "kill process", process, seconds }),
    () => ({ kind: "stop process", process, seconds }),
    () => ({ kind: "stall process", process, seconds }),
  ])();
}

/** Moments for a line of actions, in its order: some follow each other at once, others hours later. */
function spread(
  random: Random,
  actions: readonly Action[],
  horizon: number,
): readonly PlannedAction[] {
  let at = horizon * random.next() ** 2 * 0.5;
  return actions.map((action) => {
    at += action.kind === "run" ? random.magnitude(0.01, 2) : pause(random, horizon);
    return { at: Math.min(at, horizon), action };
  });
}

function pause(random: Random, horizon: number): number {
  return random.chance(0.6) ? random.magnitude(0.01, 60) : (horizon / 4) * random.next();
}

/** Faults at one kind of point, at distances that are short in some schedules and long in others. */
function faultsAt(random: Random, at: Point): readonly PlannedFault[] {
  if (random.chance(0.25)) {
    return [];
  }
  const distance = random.magnitude(DISTANCE[at] / 4, DISTANCE[at] * 8);
  return atDistance(random, at, { distance, most: 8, faultOf });
}

/** One fault or more at one kind of point, so many points apart on average. */
export function atDistance(
  random: Random,
  at: Point,
  plan: {
    readonly distance: number;
    readonly most: number;
    readonly faultOf: (random: Random, at: Point) => Fault;
  },
): readonly PlannedFault[] {
  let nth = 0;
  return Array.from({ length: 1 + random.below(plan.most) }, () => {
    nth += Math.ceil(-Math.log(1 - random.next()) * plan.distance);
    return { at, nth, fault: plan.faultOf(random, at) };
  });
}

/** How many points of a kind there are between two faults, in the middle of the scale. */
const DISTANCE: Readonly<Record<Point, number>> = { change: 8, look: 20, queue: 30, disk: 80 };

function faultOf(random: Random, at: Point): Fault {
  const downSeconds = random.magnitude(0.1, 2000);
  const seconds = random.magnitude(1, 7000);
  const kinds: (() => Fault)[] = [
    () => ({ kind: "crash before", downSeconds }),
    () => ({ kind: "crash after", downSeconds }),
    () => ({ kind: "crash after", downSeconds }),
    () => ({ kind: "stall", seconds }),
    () => ({ kind: "fail" }),
  ];
  if (at !== "disk") {
    kinds.push(
      () => ({ kind: "lose answer" }),
      () => ({ kind: "slow answer", seconds: random.magnitude(1, 100) }),
    );
  }
  if (at === "change" || at === "look") {
    kinds.push(() => ({ kind: "slow effect", seconds: random.magnitude(1, 45) }));
  }
  if (at === "change") {
    kinds.push(() => ({ kind: "refuse" }));
  }
  return random.pick(kinds)();
}
