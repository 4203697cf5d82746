import type { Clock } from "../clock.ts";
import { LeaseLost, RetryLater, errorText } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Delivery, Queue } from "../queue/queue.ts";

/**
 * Keeps a delivery leased while its handler runs: a third of the lease after each extension it asks for the next one.
 *
 * A queue that does not answer is asked again until the lease must be taken for over; then, and when the queue says
 * that it is over, `signal` aborts with LeaseLost. At the end of what a queue grants in total it aborts with RetryLater,
 * and the lease is kept on, so that the message can still be given back in good order.
 */
export function keepLease(
  queue: Pick<Queue, "changeVisibility">,
  delivery: Delivery,
  { leaseSeconds, clock, log, onBeat = () => undefined }: LeaseOptions,
): Lease {
  const handlerMustStop = new AbortController();
  const ended = new AbortController();
  const lease = {
    queue,
    delivery,
    milliseconds: leaseSeconds * 1000,
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
  readonly clock: Clock;
  readonly log: Log;
  readonly onBeat: (ok: boolean) => void;
  readonly ended: AbortSignal;
}

async function beat(lease: KeptLease): Promise<void> {
  let endsAt = lease.clock.now().getTime() + lease.milliseconds;
  while (await slept(lease, lease.milliseconds / 3)) {
    endsAt = await extend(lease, endsAt);
  }
}

/** @returns when the new lease ends; counted from before the call, because the queue counts from somewhere during it */
async function extend(lease: KeptLease, endsAt: number): Promise<number> {
  const giveUpAt = endsAt - lease.milliseconds * MARGIN;
  for (let failures = 0; ; failures += 1) {
    const asked = lease.clock.now().getTime();
    try {
      await answered(lease, giveUpAt - asked);
      lease.onBeat(true);
      return asked + lease.milliseconds;
    } catch (error) {
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
      const left = giveUpAt - lease.clock.now().getTime();
      if (left <= 0) {
        throw new LeaseLost(`the lease ran out: ${errorText(error)}`, { cause: error });
      }
      if (!(await slept(lease, Math.min(left, lease.milliseconds * RETRY)))) {
        return endsAt;
      }
    }
  }
}

/** Asks for an extension; a call that hangs does not count as a lease. */
async function answered(
  { queue, delivery, milliseconds, clock }: KeptLease,
  timeoutMilliseconds: number,
): Promise<void> {
  const done = new AbortController();
  const timeout = async (): Promise<void> => {
    await clock.sleep(Math.max(0, timeoutMilliseconds), done.signal);
    throw new LeaseLost("the lease ran out: the queue did not answer the heartbeat");
  };
  try {
    await Promise.race([queue.changeVisibility(delivery, milliseconds / 1000), timeout()]);
  } finally {
    done.abort();
  }
}

/** @returns false when the lease is not needed any more */
async function slept({ clock, ended }: KeptLease, milliseconds: number): Promise<boolean> {
  try {
    await clock.sleep(milliseconds, ended);
    return true;
  } catch (error) {
    if (ended.aborted) {
      return false;
    }
    throw error;
  }
}
