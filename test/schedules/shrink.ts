import type { Schedule } from "./schedule.ts";

/** Part of a schedule that can be left out. */
type Part = "actions" | "faults";

/**
 * Leaves out of a failing schedule what it fails without: first large parts of its actions and faults, then single ones, then hosts.
 * @param fails runs a schedule and says whether it fails in the same way
 */
export async function shrink(
  schedule: Schedule,
  fails: (candidate: Schedule) => Promise<boolean>,
): Promise<Schedule> {
  let smallest = schedule;
  let tries = 0;
  const attempt = async (candidate: Schedule): Promise<boolean> => {
    tries += 1;
    if (tries > MAX_TRIES || !(await fails(candidate))) {
      return false;
    }
    smallest = candidate;
    return true;
  };
  for (const part of ["faults", "actions", "faults"] as const) {
    for (let size = Math.ceil(smallest[part].length / 2); size >= 1; size = Math.floor(size / 2)) {
      for (let from = 0; from < smallest[part].length;) {
        if (!(await attempt(without(smallest, part, from, size)))) {
          from += size;
        }
      }
    }
  }
  for (let host = smallest.processes.length - 1; host > 0; host -= 1) {
    const processes = smallest.processes.filter((_, index) => index !== host);
    if (new Set(processes.flat()).size === new Set(schedule.processes.flat()).size) {
      await attempt({ ...smallest, processes });
    }
  }
  return smallest;
}

/** A schedule that takes more than this to shrink is small enough to be read. */
const MAX_TRIES = 150;

function without(schedule: Schedule, part: Part, from: number, count: number): Schedule {
  const kept = <T>(list: readonly T[]): readonly T[] =>
    list.filter((_, index) => index < from || index >= from + count);
  return part === "actions"
    ? { ...schedule, actions: kept(schedule.actions) }
    : { ...schedule, faults: kept(schedule.faults) };
}
