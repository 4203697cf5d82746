import { createHash } from "node:crypto";
import type { Deps } from "../step/deps.ts";
import { GiveUp, LeaseLost } from "../step/errors.ts";
import type { Delivery } from "../queue/queue.ts";
import { createTrace, isTrace, traceId } from "../log/trace.ts";
import { readEnvelope, restartedBody, type JobFacts } from "./envelope.ts";
import { keepLease, type Lease } from "./heartbeat.ts";
import { outcomeOf, type Outcome } from "./outcome.ts";
import { passOn } from "./pass-on.ts";
import { reportOutcome } from "./report.ts";
import { settle } from "./settle.ts";
import { signWorking, type Sender, type StepContext } from "./step.ts";

/**
 * Handles one delivery, from reading its body to telling the queue what became of it. What the step throws ends here.
 *
 * The result is sent on first and the message removed after that. A crash in between lets the step run again on the
 * same message; if its second result is the same, so is its deduplication id, and the next queue drops it.
 * @param shutdown aborts when the handler must make an end because the program does
 * @param leasedSince from when on the lease is counted, as of `Clock.elapsed`
 */
export async function handleDelivery(
  context: StepContext,
  delivery: Delivery,
  shutdown: AbortSignal,
  leasedSince: number,
): Promise<Outcome["kind"]> {
  const { name, observer } = context;
  const { clock } = context.deps;
  const startedAt = clock.now().getTime();
  const attempt = begin(context, delivery, shutdown, leasedSince);
  const job = attempt.job?.id;
  observer.onInFlight?.({ function: name, change: 1, job });

  let outcome = await judged(attempt, () => runAndPassOn(attempt));
  if (outcome.kind === "start_over") {
    const startingOver = outcome;
    outcome = await judged(attempt, () => sendToFirst(attempt, startingOver));
  }
  await attempt.lease.end();
  outcome = await settle(context, delivery, outcome, shutdown);

  const milliseconds = clock.now().getTime() - startedAt;
  reportOutcome(attempt.deps.log, outcome, milliseconds);
  observer.onInFlight?.({ function: name, change: -1, job });
  observer.onOutcome?.({ function: name, outcome: outcome.kind, milliseconds });
  return outcome.kind;
}

/** A delivery that is being worked on. */
interface Attempt {
  readonly context: StepContext;
  readonly delivery: Delivery;
  /** With the log of this delivery. */
  readonly deps: Deps;
  /** The body, or why it cannot be read. */
  readonly message: unknown;
  readonly job: JobFacts | undefined;
  readonly trace: string;
  readonly lease: Lease;
  /** Aborts when the step must stop. */
  readonly signal: AbortSignal;
}

function begin(
  context: StepContext,
  delivery: Delivery,
  shutdown: AbortSignal,
  leasedSince: number,
): Attempt {
  const envelope = readEnvelope(delivery.body);
  const { message, job } =
    envelope instanceof GiveUp ? { message: envelope, job: undefined } : envelope;
  const trace = traceOf(delivery, job);
  const log = context.deps.log.child({
    function: context.name,
    messageId: delivery.messageId,
    identifier: job?.identifier,
    job: job?.id,
    attempt: delivery.attempt,
    traceId: traceId(trace),
  });
  const lease = keepLease(context.queue, delivery, {
    leaseSeconds: context.leaseSeconds,
    since: leasedSince,
    clock: context.deps.clock,
    log,
    onBeat: (ok) => {
      context.observer.onHeartbeat?.({ function: context.name, ok });
      signWorking(context);
    },
  });
  const signal = AbortSignal.any([lease.signal, shutdown]);
  return { context, delivery, deps: { ...context.deps, log }, message, job, trace, lease, signal };
}

/** Finds the outcome of what threw. A step that was told to stop may fail in any way (a killed qemu-img looks like a bad image), so then the reason of the stop decides. */
async function judged(
  { signal, delivery, job, context }: Attempt,
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    return outcomeOf(signal.aborted ? signal.reason : error, {
      attempt: delivery.attempt,
      restarts: job?.restarts ?? 0,
      random: context.random,
    });
  }
}

async function runAndPassOn(attempt: Attempt): Promise<Outcome> {
  const { context, deps, message, lease, signal } = attempt;
  if (message instanceof GiveUp) {
    throw message;
  }
  const result = await context.step.run(message, deps, signal);
  if (lease.signal.reason instanceof LeaseLost) {
    throw lease.signal.reason; // whoever has the message now will send the result
  }
  if (context.nextQueue !== undefined) {
    if (result === undefined) {
      throw new Error(`${context.name} returned nothing to pass on`);
    }
    await send(attempt, context.nextQueue, JSON.stringify(result), "result");
  }
  return { kind: "ok" };
}

async function sendToFirst(attempt: Attempt, outcome: Outcome): Promise<Outcome> {
  if (attempt.job === undefined) {
    throw new GiveUp("invalid-message", "the message has no job that could start over");
  }
  await send(attempt, attempt.context.firstQueue, restartedBody(attempt.job), "restart");
  return outcome;
}

/**
 * The deduplication id comes from the message that was worked on, and from what it led to: a second delivery that finds the same
 * gives the same id. A replayed dead letter, which is a new message, gives another one, and so does a second delivery that finds
 * something else: when the image of the first one is gone, the rights of the next one must still be restored.
 */
function send(
  { context, delivery, trace, signal }: Attempt,
  to: Sender,
  body: string,
  purpose: string,
): Promise<void> {
  const found = createHash("sha256").update(body).digest("hex").slice(0, 16);
  const deduplicationId = `${delivery.messageId}-${context.name}-${purpose}-${found}`;
  const { clock } = context.deps;
  return passOn(
    to,
    { body, group: delivery.group, deduplicationId, trace },
    { clock, random: context.random, signal },
  );
}

function traceOf(delivery: Delivery, job: JobFacts | undefined): string {
  return delivery.trace !== undefined && isTrace(delivery.trace)
    ? delivery.trace
    : createTrace(job?.id ?? delivery.messageId);
}
