import type { PlannedFault } from "./engine/faults.ts";
import type { Form } from "./site/content.ts";
import type { Task } from "./site/program.ts";

/** Something that somebody does to the site at a moment. Images, users and processes are named by their number, from 0. */
export type Action =
  /** A new version of an image is in the list; the next run of vmcatcher fetches it. */
  | {
      readonly kind: "endorse";
      readonly image: number;
      readonly version: number;
      readonly form: Form;
    }
  | { readonly kind: "subscribe" | "unsubscribe"; readonly image: number }
  /** The image is dropped from the list. */
  | { readonly kind: "drop"; readonly image: number }
  /** vmcatcher's record of its cache is lost: it announces everything anew. */
  | { readonly kind: "lose index" }
  /** A run of vmcatcher_cache. @param failing downloads of this image fail */
  | { readonly kind: "run"; readonly failing?: number }
  /** vmcatcher_image does not answer when the hook asks it, for so long. */
  | { readonly kind: "lock database"; readonly seconds: number }
  /** An administrator, on the live image of an identifier, by hand. */
  | {
      readonly kind: "chown";
      readonly image: number;
      readonly user: number;
      readonly group: number;
    }
  | { readonly kind: "chmod"; readonly image: number; readonly mode: string }
  | { readonly kind: "enable" | "disable" | "rename" | "delete"; readonly image: number }
  | { readonly kind: "start vm"; readonly image: number }
  | { readonly kind: "end vms" }
  | { readonly kind: "delete user"; readonly user: number }
  /** The user may have so many images. */
  | { readonly kind: "limit user"; readonly user: number; readonly images: number }
  /** oned is killed, its connections are refused, or it hangs, for so long. */
  | { readonly kind: "kill oned" | "cut oned" | "freeze oned"; readonly seconds: number }
  | { readonly kind: "restart broker" }
  | { readonly kind: "stop broker" | "fill disk" | "fill datastore"; readonly seconds: number }
  /** SIGKILL, SIGTERM (both with a new start after so long) or SIGSTOP for so long. */
  | {
      readonly kind: "kill process" | "stop process" | "stall process";
      readonly process: number;
      readonly seconds: number;
    };

/** When, in seconds from the begin. */
export interface PlannedAction {
  readonly at: number;
  readonly action: Action;
}

/**
 * Everything that is decided about a run. What is left to chance (how long each operation takes, jitter) follows from `seed`. A schedule
 * can be edited: any action and any fault may be left out.
 */
export interface Schedule {
  readonly seed: number;
  readonly images: number;
  /** The tasks of each process. */
  readonly processes: readonly (readonly Task[])[];
  readonly slots: number;
  readonly expireUnknown: "keep" | "expire";
  /** Whose ONE_AUTH it is: oneadmin's, or that of a member of its group whose images belong to another group. */
  readonly account: "oneadmin" | "member";
  /** Whether the steps can read vmcatcher's cache.index. */
  readonly index: "readable" | "hidden";
  /** Whether the janitor runs, and can look into the queue (SQLite) or only count what is in it (SQS): such a schedule takes days. */
  readonly janitor: "absent" | "sees" | "counts";
  readonly actions: readonly PlannedAction[];
  readonly faults: readonly PlannedFault[];
}

/** One line for each decision, in order. */
export function describeSchedule(schedule: Schedule): readonly string[] {
  const { seed, images, processes, actions, faults, ...site } = schedule;
  return [
    `seed ${seed}: ${images} images, ${Object.entries(site)
      .map(([name, value]) => `${name}=${value}`)
      .join(" ")}`,
    ...processes.map((tasks, index) => `process ${index}: ${tasks.join(", ")}`),
    ...actions.map(({ at, action: { kind, ...facts } }) => {
      const values = Object.entries(facts).map(([name, value]) => `${name}=${String(value)}`);
      return `${at.toFixed(3)} s  ${kind} ${values.join(" ")}`;
    }),
    ...faults.map(({ at, nth, fault: { kind, ...facts } }) => {
      const values = Object.entries(facts).map(([name, value]) => `${name}=${value.toFixed(1)}`);
      return `${kind} ${values.join(" ")} at ${at} ${nth}`;
    }),
  ];
}
