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

/** Thrown when OpenNebula answered and said no: the call had no effect. */
export class RpcFault extends Error {
  readonly method: string;
  /** OpenNebula's error code (256 … 65536), or an XML-RPC fault code (-501 …). */
  readonly code: number;
  /** The object that the error is about, where OpenNebula names it; otherwise -1. */
  readonly objectId: number;

  constructor(method: string, code: number, text: string, objectId = -1) {
    super(text);
    this.name = "RpcFault";
    this.method = method;
    this.code = code;
    this.objectId = objectId;
  }
}

/** Thrown when no valid answer came (refused, reset, time-out, not XML-RPC): whether the call had an effect is unknown. */
export class RpcTransportError extends Error {
  readonly method: string;
  /** OpenNebula was given up on in the midst of a change: it may still make it. */
  readonly mayComeLate: boolean;

  constructor(
    method: string,
    message: string,
    options: { cause?: unknown; mayComeLate?: boolean } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "RpcTransportError";
    this.method = method;
    this.mayComeLate = options.mayComeLate ?? false;
  }
}

/** The system's code of an error (`ENOENT`, `ENOSPC`), or undefined when it has none. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}

/** The text of anything that was thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
