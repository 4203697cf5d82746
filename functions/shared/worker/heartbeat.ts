import type { Clock } from "../time/clock.ts";
import { LeaseLost, RetryLater } from "../step/errors.ts";
import { errorText } from "../log/error-text.ts";
import type { Log } from "../log/log.ts";
import type { Delivery, Queue } from "../queue/queue.ts";

/**
 * Keeps a delivery leased while its handler runs: a third of the lease after it has asked for it, it asks for the next one.
 *
 * A queue that does not answer is asked again until the lease must be taken for over; then, and when the queue says
 * that it is over, `signal` aborts with LeaseLost. At the end of what a queue grants in total it aborts with RetryLater,
 * and the lease is kept on, so that the message can still be given back in good order.
 */
export function keepLease(
  queue: Pick<Queue, "changeVisibility">,
  delivery: Delivery,
  { leaseSeconds, since, clock, log, onBeat = () => undefined }: LeaseOptions,
): Lease {
  const handlerMustStop = new AbortController();
  const ended = new AbortController();
  const lease = {
    queue,
    delivery,
    milliseconds: leaseSeconds * 1000,
    since,
    clock,
    log,
    onBeat,
    ended: ended.signal,
  };
  const beating = beat(lease).catch((error: unknown) => handlerMustStop.abort(error));
  const limit = clock.sleep(MAX_LEASE_MILLISECONDS, ended.signal).then(
    () =>
      handlerMustStop.abort(
        new RetryLater(
          "stopped after 11.5 hours, the longest that a queue leaves a message to a receiver",
        ),
      ),
    () => undefined,
  );
  return {
    signal: handlerMustStop.signal,
    end: async () => {
      ended.abort();
      await Promise.all([beating, limit]);
    },
  };
}

/** How a lease is kept. */
export interface LeaseOptions {
  readonly leaseSeconds: number;
  /** From when on the lease is counted, as of `Clock.elapsed`. */
  readonly since: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of each heartbeat, whether the queue took it. Must not throw. */
  readonly onBeat?: (ok: boolean) => void;
}

/** A lease that is being kept. */
export interface Lease {
  /** Aborts when the handler must stop. */
  readonly signal: AbortSignal;
  /** No heartbeat is sent, and none is under way, once this has resolved: a late one would undo a change of visibility. */
  end(): Promise<void>;
}

/** AWS refuses a lease of more than 12 hours in total for one receive; half an hour is left for the back-off. */
const MAX_LEASE_MILLISECONDS = 11.5 * 3_600_000;

/** Part of the lease that is left unused: the handler's processes need time to die before somebody else may start. */
const MARGIN = 1 / 12;

/** Part of the lease to wait before a failed heartbeat is tried again. */
const RETRY = 1 / 24;

interface KeptLease {
  readonly queue: Pick<Queue, "changeVisibility">;
  readonly delivery: Delivery;
  readonly milliseconds: number;
  readonly since: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly onBeat: (ok: boolean) => void;
  readonly ended: AbortSignal;
}

/** Time is measured by sleeping: the wall clock may be set while a handler runs. */
async function beat(lease: KeptLease): Promise<void> {
  let granted = startGrant(lease, lease.since);
  try {
    while (await isDue(lease, granted)) {
      const next = await extend(lease, granted);
      granted.end();
      granted = next;
    }
  } finally {
    granted.end();
  }
}

/**
 * Waits for the time of the next heartbeat. It is counted from when the queue was asked, not from when it answered: a process that stood
 * still in between learns late of a lease that is used up in part, or over.
 * @returns false when there is nothing more to keep
 * @throws LeaseLost when the grant ended first
 */
async function isDue(lease: KeptLease, { askedAt, over }: Grant): Promise<boolean> {
  const left = askedAt + lease.milliseconds / 3 - lease.clock.elapsed();
  if (await slept(lease, Math.max(0, left), AbortSignal.any([lease.ended, over]))) {
    return true;
  }
  if (lease.ended.aborted) {
    return false;
  }
  throw new LeaseLost("the lease ran out while the process stood still");
}

/** What the queue has granted. */
interface Grant {
  /** When the queue was asked for it, as of `Clock.elapsed`. */
  readonly askedAt: number;
  /** Aborts when the lease must be taken for over. */
  readonly over: AbortSignal;
  /** It has been replaced, or is not needed any more. */
  end(): void;
}

function startGrant({ clock, milliseconds }: KeptLease, askedAt = clock.elapsed()): Grant {
  const over = new AbortController();
  const ended = new AbortController();
  clock.sleep(askedAt + milliseconds * (1 - MARGIN) - clock.elapsed(), ended.signal).then(
    () => over.abort(),
    () => undefined, // ended
  );
  return { askedAt, over: over.signal, end: () => ended.abort() };
}

/** @returns the new grant; counted from before the call, because the queue counts from somewhere during it */
async function extend(lease: KeptLease, granted: Grant): Promise<Grant> {
  for (let failures = 0; ; failures += 1) {
    const next = startGrant(lease);
    if (next.askedAt - granted.askedAt >= lease.milliseconds) {
      next.end();
      // This process stood still. The queue is not asked, which would take time: the handler must not act on what it saw before.
      throw new LeaseLost("the lease ran out while the process stood still");
    }
    try {
      await answered(lease, granted.over);
      lease.onBeat(true);
      return next;
    } catch (error) {
      next.end();
      lease.onBeat(false);
      if (error instanceof LeaseLost) {
        throw error;
      }
      if (failures === 0) {
        lease.log.warn(
          { error: errorText(error) },
          "heartbeat failed, trying again while the lease lasts",
        );
      }
      const wait = AbortSignal.any([lease.ended, granted.over]);
      await slept(lease, lease.milliseconds * RETRY, wait);
      if (granted.over.aborted) {
        throw new LeaseLost(`the lease ran out: ${errorText(error)}`, { cause: error });
      }
      if (lease.ended.aborted) {
        return startGrant(lease);
      }
    }
  }
}

/** Asks for an extension; a call that hangs does not count as a lease. */
async function answered(
  { queue, delivery, milliseconds }: KeptLease,
  over: AbortSignal,
): Promise<void> {
  const tooLate = Promise.withResolvers<never>();
  const giveUp = (): void =>
    tooLate.reject(new LeaseLost("the lease ran out: the queue did not answer the heartbeat"));
  over.addEventListener("abort", giveUp, { once: true });
  try {
    await Promise.race([queue.changeVisibility(delivery, milliseconds / 1000), tooLate.promise]);
  } finally {
    over.removeEventListener("abort", giveUp);
  }
}

/** @returns false when it was woken */
async function slept(
  { clock }: KeptLease,
  milliseconds: number,
  wake: AbortSignal,
): Promise<boolean> {
  try {
    await clock.sleep(milliseconds, wake);
    return true;
  } catch (error) {
    if (wake.aborted) {
      return false;
    }
    throw error;
  }
}
