/** An invariant that does not hold. */
export interface Violation {
  /** Name of the invariant: the same for every schedule that violates it in the same way. */
  readonly invariant: string;
  readonly what: string;
}
