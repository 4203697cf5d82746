import { GiveUp, LeaseLost, RetryLater, StartOver, type Facts } from "../step/errors.ts";
import { RpcFault, RpcTransportError } from "../opennebula/rpc-errors.ts";
import { errorText } from "../log/error-text.ts";
import { systemCode } from "../files/system-code.ts";
import { isDriverTrouble, isMissing, isUnavailable } from "../opennebula/faults.ts";
import { MESSAGE_BACKOFF, backoffSeconds } from "./retry-delay.ts";

/** What is to be done with a delivery, and why. */
export type Outcome =
  | { readonly kind: "ok" }
  /** Somebody else may hold the message: hands off. */
  | { readonly kind: "lease_lost"; readonly text: string }
  /** The program stops: the message is given back at once. */
  | { readonly kind: "released"; readonly text: string }
  /** Hidden for whole seconds, then delivered again. */
  | { readonly kind: "retry"; readonly text: string; readonly afterSeconds: number }
  /** The job has been sent to the first queue again. */
  | { readonly kind: "start_over"; readonly text: string }
  | { readonly kind: "dead"; readonly text: string; readonly code: string; readonly facts: Facts };

/** What the decision depends on, besides the error. */
export interface Attempt {
  /** Deliveries of the message, this one included. */
  readonly attempt: number;
  /** How often its job has started over. */
  readonly restarts: number;
  readonly random: () => number;
}

/** Thrown, as the reason of a handler's signal, when the program stops and the time of grace is over. */
export class ShuttingDown extends Error {
  constructor() {
    super("the program is stopping");
    this.name = "ShuttingDown";
  }
}

/** Decides by the first row of the table that fits the error or, where none does, an error that caused it. */
export function outcomeOf(error: unknown, attempt: Attempt): Outcome {
  for (const link of causes(error)) {
    for (const decide of TABLE) {
      const outcome = decide(link, attempt);
      if (outcome !== undefined) {
        return outcome;
      }
    }
  }
  return attempt.attempt < MAX_UNEXPECTED_ATTEMPTS
    ? later(error, attempt)
    : dead("unexpected-error", error);
}

/**
 * Deliveries after which a message that ends in an error nobody foresaw, or in trouble of OpenNebula that may pass or not, is put aside:
 * some four hours of back-off.
 * Deliveries lost to outages count too, since a queue counts nothing else.
 */
const MAX_UNEXPECTED_ATTEMPTS = 20;

/** How often a job may start over: one whose files vanish again and again has a cause that a person must find. */
export const MAX_RESTARTS = 3;

/**
 * The longest that a message is hidden. A queue ends a lease 12 hours after the receive (SQS), and a handler may have
 * used 11.5 of them (heartbeat.ts).
 */
const MAX_HIDDEN_SECONDS = 1200;

/**
 * Wait after a change that OpenNebula did not answer in its time (30 s). It may still be made, and nothing takes it back: whoever decided
 * anew before that would decide on what is about to be otherwise. A late call of seconds was measured; a minute is ample.
 */
const LATE_CHANGE_SECONDS = 60;

/** A full disk, a quota, a failing disk, no descriptors left: the host's trouble, not the image's. */
const HOST_TROUBLE = new Set(["ENOSPC", "EDQUOT", "EIO", "EMFILE", "ENFILE", "ENOMEM", "EAGAIN"]);

type Row = (error: unknown, attempt: Attempt) => Outcome | undefined;

const TABLE: readonly Row[] = [
  when(LeaseLost, (error) => ({ kind: "lease_lost", text: error.message })),
  when(ShuttingDown, (error) => ({ kind: "released", text: error.message })),
  when(GiveUp, (error) => dead(error.code, error, error.facts)),
  when(StartOver, (error, { restarts }) =>
    restarts < MAX_RESTARTS
      ? { kind: "start_over", text: error.message }
      : dead("started-over-too-often", error, { restarts }),
  ),
  when(RetryLater, (error, attempt) => later(error, attempt, error.afterSeconds)),
  when(RpcTransportError, (error, attempt) =>
    error.mayComeLate ? later(error, attempt, LATE_CHANGE_SECONDS) : later(error, attempt),
  ),
  when(RpcFault, (fault, attempt) => {
    if (isUnavailable(fault)) {
      return later(fault, attempt);
    }
    if (attempt.attempt < MAX_UNEXPECTED_ATTEMPTS) {
      if (isMissing(fault, "image")) {
        return later(fault, attempt, 1); // deleted since it was looked at: the next attempt sees that
      }
      if (isDriverTrouble(fault)) {
        return later(fault, attempt);
      }
    }
    return dead("opennebula-refused", fault, faultFacts(fault));
  }),
  (error, attempt) =>
    HOST_TROUBLE.has(systemCode(error) ?? "") ? later(error, attempt) : undefined,
];

function when<E extends Error>(
  type: new (...parameters: never[]) => E,
  decide: (error: E, attempt: Attempt) => Outcome,
): Row {
  return (error, attempt) => (error instanceof type ? decide(error, attempt) : undefined);
}

function later(error: unknown, attempt: Attempt, afterSeconds?: number): Outcome {
  const seconds = afterSeconds ?? backoffSeconds(MESSAGE_BACKOFF, attempt.attempt, attempt.random);
  return {
    kind: "retry",
    text: errorText(error),
    afterSeconds: Math.min(MAX_HIDDEN_SECONDS, Math.max(1, Math.ceil(seconds))),
  };
}

function dead(code: string, error: unknown, facts: Facts = {}): Outcome {
  return { kind: "dead", code, text: errorText(error), facts };
}

function faultFacts(fault: RpcFault): Facts {
  return { method: fault.method, code: fault.code, objectId: fault.objectId };
}

/** The error, what caused it, and so on; cut short, since an error may be its own cause. */
function* causes(error: unknown): Generator {
  let link = error;
  for (let depth = 0; depth < 8 && link !== undefined; depth += 1) {
    yield link;
    link = link instanceof Error ? link.cause : undefined;
  }
}
