import { GiveUp, RetryLater } from "../step/errors.ts";
import { errorText } from "../log/error-text.ts";
import type { Outgoing } from "../queue/queue.ts";
import { insist, type Patience } from "./insist.ts";
import type { Sender } from "./step.ts";

/**
 * Sends what a delivery leads to.
 * @throws RetryLater when the queue does not take it now: an outage must not count as the step's own failure
 * @throws GiveUp when no queue would ever take it
 */
export async function passOn(to: Sender, message: Outgoing, patience: Patience): Promise<void> {
  try {
    await insist(() => to.send(message), patience);
  } catch (error) {
    if (error instanceof GiveUp) {
      throw error;
    }
    throw new RetryLater(`the result could not be sent: ${errorText(error)}`, { cause: error });
  }
}
