/** A delay that doubles with every failure, up to a maximum. */
export interface Backoff {
  readonly firstSeconds: number;
  readonly maximumSeconds: number;
}

/** Between two attempts at one message. A quarter of an hour is soon enough after an outage, and cheap enough for days of it. */
export const MESSAGE_BACKOFF: Backoff = { firstSeconds: 1, maximumSeconds: 900 };

/** Between two receives from a queue that does not answer. */
export const RECEIVE_BACKOFF: Backoff = { firstSeconds: 0.5, maximumSeconds: 30 };

/** Between two tries of one queue call, while the lease is still good. */
export const CALL_BACKOFF: Backoff = { firstSeconds: 0.5, maximumSeconds: 8 };

/**
 * The delay after the `failures`th failure in a row (from 1), in seconds.
 * Half of it is left to chance: everything that waits for one outage to end would otherwise come back at the same moment.
 */
export function backoffSeconds(backoff: Backoff, failures: number, random: () => number): number {
  const full = Math.min(backoff.maximumSeconds, backoff.firstSeconds * 2 ** (failures - 1));
  return full / 2 + (full / 2) * random();
}
