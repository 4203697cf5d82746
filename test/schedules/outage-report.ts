import type { Violation } from "./invariants/violation.ts";

/** What became of a day's outage. */
export interface OutageReport {
  /** Messages in the queues and in the spool right before its end. */
  readonly jobsDuring: number;
  readonly deadLetters: number;
  /** At rest, when the longest conversion can have ended. */
  readonly violations: readonly Violation[];
  /** The most calls that one process ever had open. */
  readonly mostAtOnce: number;
  /** The most calls within a second, from the end of the outage on. */
  readonly busiestAfter: number;
}
