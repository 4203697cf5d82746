import type { LeftoverKind } from "../shared/staging/leftover-kinds.ts";

/** Something that belongs to one job, and that nobody needs once that job is over. */
export interface Leftover {
  readonly kind: LeftoverKind;
  /** Its path, or id and NAME of the image. */
  readonly name: string;
  /** Whose it is: the job with that id, or (a pin) the event that was recorded in the spool under that name. */
  readonly owner: { readonly job: string } | { readonly entry: string };
  /** When it was last touched, in milliseconds since 1970, by a clock that need not be ours. */
  readonly touchedAt: number;
  /** Why it must stay whatever became of its job. */
  readonly hindrance: string | undefined;
  /**
   * Removes it, unless it has changed since it was found; what is gone already is fine.
   * @returns why it stays, undefined when it is gone
   */
  remove(signal: AbortSignal): Promise<string | undefined>;
}
