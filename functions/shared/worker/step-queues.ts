import type { Queue, Queues } from "../queue/queue.ts";
import type { RunnableStep } from "./step.ts";

/** The queues that one step deals with. */
export interface StepQueues {
  readonly queue: Queue;
  readonly firstQueue: Queue;
  readonly nextQueue: Queue | undefined;
}

/** Opens them; each has the name of the step that takes from it. */
export async function openStepQueues(
  queues: Queues,
  { name, step, firstStep }: { name: string; step: Pick<RunnableStep, "next">; firstStep: string },
): Promise<StepQueues> {
  return {
    queue: await queues.open(name),
    firstQueue: await queues.open(firstStep),
    nextQueue: step.next === undefined ? undefined : await queues.open(step.next),
  };
}
