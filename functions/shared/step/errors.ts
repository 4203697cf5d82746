/** Facts that go with an error into the log and into a dead letter: short, printable, never a secret. */
export type Facts = Readonly<Record<string, string | number | boolean>>;

/**
 * Thrown when the same message may succeed later (an outage, no space, an image that is still being copied).
 * The message is hidden and delivered again, with a growing delay, and is never dead-lettered for it.
 */
export class RetryLater extends Error {
  readonly afterSeconds: number | undefined;

  /** @param options.afterSeconds overrides the delay of the back-off table, in seconds */
  constructor(message: string, options: { afterSeconds?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "RetryLater";
    this.afterSeconds = options.afterSeconds;
  }
}

/**
 * Thrown when no repetition can help (a hostile image, a wrong checksum, an invalid message, a final refusal).
 * The message goes straight to the step's dead-letter queue with `code` and the text.
 */
export class GiveUp extends Error {
  /** Stable and machine-readable, for example `checksum-mismatch`. */
  readonly code: string;
  readonly facts: Facts;

  constructor(code: string, message: string, options: { facts?: Facts; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "GiveUp";
    this.code = code;
    this.facts = options.facts ?? {};
  }
}

/**
 * Thrown when what an earlier step prepared is gone (a staged file was removed, the live image vanished).
 * The job is sent to the first queue once more; the number of restarts of one job is limited.
 */
export class StartOver extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "StartOver";
  }
}

/**
 * Thrown by a queue when the receipt of a delivery is no longer valid: somebody else may hold the message.
 * The handler is aborted and nothing more is done with that delivery.
 */
export class LeaseLost extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "LeaseLost";
  }
}
