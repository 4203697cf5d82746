import type { Config } from "../settings/config.ts";
import type { Deps } from "../step/deps.ts";
import type { LeftoverKind } from "../staging/leftover-kinds.ts";
import type { Queue } from "../queue/queue.ts";
import type { Outcome } from "./outcome.ts";
import type { GiveSign, SignOfLife } from "./sign-of-life.ts";

/** A step as the runtime sees it; the registry's are such. */
export interface RunnableStep {
  /** Checks and handles one message; the result goes to `next`. @throws GiveUp `invalid-message` */
  run(message: unknown, deps: Deps, signal: AbortSignal): Promise<unknown>;
  /** How many messages one process works on at a time. */
  slots(config: Config): number;
  /** Name of the step that takes the result. */
  readonly next: string | undefined;
}

/** Where a result or a restarted job goes. */
export type Sender = Pick<Queue, "send">;

/** The queue that a delivery came from, after the receive. */
export type LeasingQueue = Pick<Queue, "changeVisibility" | "remove" | "deadLetter">;

/** What handling a delivery takes, as a caller gives it. */
export interface StepOptions {
  readonly queue: LeasingQueue;
  /** Where a job starts over. */
  readonly firstQueue: Sender;
  /** The queue of `step.next`; undefined for the last step. */
  readonly nextQueue: Sender | undefined;
  readonly deps: Deps;
  readonly observer?: Observer;
  /** Length of a lease, two minutes by default. */
  readonly leaseSeconds?: number;
  /** From 0 up to 1, for jitter; `Math.random` by default. */
  readonly random?: () => number;
  /** How the slot that works on the delivery tells that it is alive; by default it does not. */
  readonly sign?: GiveSign;
}

/** What handling a delivery takes, complete. */
export interface StepContext extends Required<StepOptions> {
  readonly name: string;
  readonly step: Pick<RunnableStep, "run" | "next">;
}

/** Fills in the defaults. @throws Error when there is no queue for the step's results: they would be lost */
export function stepContext(
  name: string,
  step: StepContext["step"],
  options: StepOptions,
): StepContext {
  if ((step.next === undefined) !== (options.nextQueue === undefined)) {
    throw new Error(
      `${name}: its next step is ${step.next ?? "none"}, and the queue given does not go with that`,
    );
  }
  return {
    observer: {},
    leaseSeconds: LEASE_SECONDS,
    random: Math.random,
    sign: () => undefined,
    ...options,
    name,
    step,
  };
}

/** The slot is at work. Heartbeats come three to a lease, so with none in two leases it hangs. */
export function signWorking({ sign, leaseSeconds }: StepContext): void {
  sign("working", 2 * leaseSeconds);
}

/** Told what happens, for metrics. Its methods must not throw. */
export interface Observer {
  /** A function works on one message more (1) or fewer (-1); `job` is absent when the message names none. */
  onInFlight?(event: {
    readonly function: string;
    readonly change: 1 | -1;
    readonly job: string | undefined;
  }): void;
  /** A delivery is over, `milliseconds` after it began. */
  onOutcome?(event: {
    readonly function: string;
    readonly outcome: Outcome["kind"];
    readonly milliseconds: number;
  }): void;
  /** The queue was asked to go on with a lease; it is asked again while the lease lasts. */
  onHeartbeat?(event: { readonly function: string; readonly ok: boolean }): void;
  onSign?(sign: SignOfLife): void;
  /** The janitor has removed something that a job had left. */
  onRemoved?(this: void, kind: LeftoverKind): void;
}

/**
 * Length of a lease. After a crash a message waits this long, so short; but long enough for a few tries at a heartbeat,
 * and shorter than the five minutes in which a queue drops a repeated send (`Outgoing.deduplicationId`).
 */
const LEASE_SECONDS = 120;
