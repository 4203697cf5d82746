/**
 * Thrown when a queue could not do what it was asked (unreachable, refused, disk full, damaged file).
 * Whether it had an effect is unknown; the caller decides whether to try again.
 */
export class QueueFailure extends Error {
  /** What the implementation calls it: `SQLITE_FULL`, `ECONNREFUSED`, `QueueDoesNotExist`, `HTTP 502`. */
  readonly code: string;

  /** @param subject what was being done, for example `queue convert-image: send` */
  constructor(subject: string, code: string, text: string, options: { cause?: unknown } = {}) {
    super(`${subject}: ${text} (${code})`, { cause: options.cause });
    this.name = "QueueFailure";
    this.code = code;
  }
}

/** The code of a failure to open a queue that does not exist, for who did not want it created. */
export const MISSING = "missing";
