import type { Violation } from "./invariants/violation.ts";
import type { Schedule } from "./schedule.ts";

/** What a worker is told to run: `count` seeds from `first` on, or a schedule that was recorded in a file. */
export type ToWorker = { readonly shrink: boolean; readonly trace: boolean } & (
  | {
      readonly kind: "seeds";
      readonly crowded: boolean;
      readonly first: number;
      readonly count: number;
    }
  | { readonly kind: "recorded"; readonly file: string }
);

/** What it answers. */
export type FromWorker =
  | { readonly kind: "ready" }
  | {
      readonly kind: "done";
      readonly schedules: number;
      /** Calls that OpenNebula got. */
      readonly calls: number;
      readonly failures: readonly Failure[];
      readonly traces: readonly string[];
    };

/** A schedule that violates an invariant. */
export interface Failure {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** What is left of the schedule when everything is taken out that it fails without. */
  readonly schedule: Schedule;
  /** The same, to be read. */
  readonly decisions: readonly string[];
}
