import { once } from "node:events";
import type { Clock } from "../time/clock.ts";
import { errorText } from "../log/error-text.ts";
import type { Delivery, Queue } from "../queue/queue.ts";
import { handleDelivery } from "./delivery.ts";
import { watchOutage, type Outage } from "./outage.ts";
import { ShuttingDown } from "./outcome.ts";
import { settle } from "./settle.ts";
import { QUEUE_CALL_SECONDS, withSigns } from "./sign-of-life.ts";
import { signWorking, stepContext, type StepContext, type StepOptions } from "./step.ts";

/** What running a step takes. */
export interface RunStepOptions extends StepOptions {
  readonly queue: Queue;
  /** How many messages are worked on at a time. */
  readonly slots: number;
  /** How long handlers may go on after `stop`. */
  readonly stopGraceSeconds: number;
  /** How long one receive waits for a message, five seconds by default. */
  readonly waitSeconds?: number;
}

/**
 * Works on the messages of one step until `stop`: each slot leases one message, handles it, and takes the next.
 *
 * With one message a receive, a FIFO queue keeps the order of a group by itself, and a slow message holds up nobody
 * else. After `stop` nothing new is begun. Handlers may go on for `stopGraceSeconds`, then their signal aborts and their
 * messages go back to the queue at once. A receive under way is told, but never aborted: a queue may hand a message to a
 * receiver that has gone away, which would hide it for a whole lease.
 * @returns when every slot has ended; a queue that is down is waited for
 */
export async function runStep(
  name: string,
  step: StepContext["step"],
  options: RunStepOptions,
  stop: AbortSignal,
): Promise<void> {
  const context = stepContext(name, step, options);
  const { clock } = options.deps;
  const log = options.deps.log.child({ function: name });
  const shutdown = new AbortController();
  const ended = new AbortController();
  const grace = waitForGrace({
    clock,
    stop,
    graceSeconds: options.stopGraceSeconds,
    ended: ended.signal,
  }).then(
    () => shutdown.abort(new ShuttingDown()),
    () => undefined, // every slot has ended before
  );
  const slots: Slots = {
    queue: options.queue,
    waitSeconds: options.waitSeconds ?? WAIT_SECONDS,
    outage: watchOutage("the queue", { clock, log, random: context.random }),
    stop,
    shutdown: shutdown.signal,
  };
  try {
    const running = Array.from({ length: options.slots }, (_, slot) =>
      withSigns({ observer: context.observer, function: name, slot }, (sign) =>
        runSlot({ ...context, sign }, slots),
      ),
    );
    await Promise.all(running);
  } finally {
    ended.abort();
    await grace;
  }
}

/** One receive; below the ten seconds that Docker leaves a program to stop. */
const WAIT_SECONDS = 5;

/** What the slots of a step share. */
interface Slots {
  readonly queue: Queue;
  readonly waitSeconds: number;
  readonly outage: Outage;
  readonly stop: AbortSignal;
  readonly shutdown: AbortSignal;
}

async function runSlot(
  context: StepContext,
  { queue, waitSeconds, outage, stop, shutdown }: Slots,
): Promise<void> {
  const { leaseSeconds, sign } = context;
  const { clock } = context.deps;
  let askedAt = 0;
  const receive = () => {
    sign("receiving", waitSeconds + QUEUE_CALL_SECONDS);
    askedAt = clock.elapsed();
    return queue.receive({ waitSeconds, leaseSeconds, stop });
  };
  while (!stop.aborted) {
    const delivery = await outage.outlast(receive, stop);
    if (delivery !== undefined) {
      signWorking(context);
      if (stop.aborted) {
        await giveBack(context, delivery, shutdown);
        continue;
      }
      const leasedSince = await confirmLease(context, queue, delivery, askedAt);
      if (leasedSince !== undefined) {
        await handleDelivery(context, delivery, shutdown, leasedSince);
      }
    }
  }
}

/**
 * Makes sure that a message that has just arrived is still leased to us. Its lease began when the queue handed it out, at some time after
 * we had asked: a process that stood still meanwhile may get it when it is another one's. When that cannot be ruled out, the queue is
 * asked, and once more when its answer, too, was long on its way.
 * @param askedAt when the message was asked for, as of `Clock.elapsed`
 * @returns from when on the lease is counted, undefined when it is over
 */
async function confirmLease(
  { leaseSeconds, deps: { clock, log } }: StepContext,
  queue: Queue,
  delivery: Delivery,
  askedAt: number,
): Promise<number | undefined> {
  let since = askedAt;
  try {
    while (clock.elapsed() - since >= (leaseSeconds * 1000) / 2) {
      since = clock.elapsed();
      await queue.changeVisibility(delivery, leaseSeconds);
    }
    return since;
  } catch (error) {
    log.warn(
      { messageId: delivery.messageId, reason: errorText(error) },
      "came too late, will be delivered again",
    );
    return undefined;
  }
}

/** A message that came after the stop. */
async function giveBack(
  context: StepContext,
  delivery: Delivery,
  shutdown: AbortSignal,
): Promise<void> {
  await settle(context, delivery, { kind: "released", text: "the program is stopping" }, shutdown);
}

async function waitForGrace(options: {
  clock: Clock;
  stop: AbortSignal;
  graceSeconds: number;
  ended: AbortSignal;
}): Promise<void> {
  const { clock, stop, graceSeconds, ended } = options;
  if (!stop.aborted) {
    await once(stop, "abort", { signal: ended });
  }
  await clock.sleep(graceSeconds * 1000, ended);
}
