import { errorText } from "../log/error-text.ts";
import type { Delivery } from "../queue/queue.ts";
import { insist } from "./insist.ts";
import type { Outcome } from "./outcome.ts";
import { signWorking, type StepContext } from "./step.ts";

/**
 * Tells the queue what has become of a delivery.
 * @returns the outcome; `lease_lost` when the queue could not be told, so that the message will be delivered once more
 */
export async function settle(
  context: StepContext,
  delivery: Delivery,
  outcome: Outcome,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    const tryToTell = () => {
      signWorking(context);
      return tell(context, delivery, outcome);
    };
    await insist(tryToTell, {
      clock: context.deps.clock,
      random: context.random,
      signal,
    });
    return outcome;
  } catch (error) {
    const wanted = outcome.kind === "ok" ? "done" : `${outcome.kind} (${outcome.text})`;
    return {
      kind: "lease_lost",
      text: `${wanted}, but the queue did not take note of it: ${errorText(error)}`,
    };
  }
}

async function tell(
  { name, queue, deps }: StepContext,
  delivery: Delivery,
  outcome: Outcome,
): Promise<void> {
  switch (outcome.kind) {
    case "ok":
    case "start_over":
      return queue.remove(delivery);
    case "retry":
      return queue.changeVisibility(delivery, outcome.afterSeconds);
    case "released":
      return queue.changeVisibility(delivery, 0);
    case "dead":
      return queue.deadLetter(delivery, {
        code: outcome.code,
        text: outcome.text,
        step: name,
        time: deps.clock.now().toISOString(),
        attempts: delivery.attempt,
      });
    case "lease_lost":
      return;
  }
}
