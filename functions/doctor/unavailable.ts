/** Thrown when what a check needs was not to be had; its finding is `unchecked` then, with this reason. */
export class Unavailable extends Error {
  /** As `fix` of a verdict. */
  readonly fix: string;

  constructor(why: string, fix: string, options: { cause?: unknown } = {}) {
    super(why, options);
    this.name = "Unavailable";
    this.fix = fix;
  }
}
