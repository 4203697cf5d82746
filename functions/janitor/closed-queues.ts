import type { Queue, Queues } from "../shared/queue/queue.ts";

/** What is asked of the queues. */
export interface JobQueues extends Pick<Queues, "bodies"> {
  open(name: string): Promise<Pick<Queue, "name" | "depth" | "deadLetters">>;
}

/** Thrown when there is work, and nobody can see for which jobs. */
export class CannotTell extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CannotTell";
  }
}

/**
 * Reads queues that nobody can look into, in the order of the chain and their dead letters last.
 * @returns the bodies of all dead letters, when there is nothing else
 * @throws CannotTell when a queue is not empty, or not all dead letters can be seen
 */
export async function deadBodies({
  queues,
  steps,
  alive,
}: {
  readonly queues: JobQueues;
  readonly steps: readonly string[];
  readonly alive: () => void;
}): Promise<readonly string[]> {
  const opened = await Promise.all(steps.map((name) => queues.open(name)));
  for (const queue of opened) {
    alive();
    const { waiting, inFlight } = await queue.depth();
    if (waiting + inFlight > 0) {
      throw new CannotTell(
        `${waiting + inFlight} messages for ${queue.name}, and this queue does not show whose they are`,
      );
    }
  }
  const bodies: string[] = [];
  for (const queue of opened) {
    alive();
    const { dead } = await queue.depth();
    const letters = dead === 0 ? [] : await queue.deadLetters(DEAD_LETTERS_READ);
    // A look that takes long may meet one twice, and one that somebody else looks at is not met at all.
    const seen = new Map(letters.map(({ messageId, body }) => [messageId, body]));
    if (seen.size < dead) {
      throw new CannotTell(
        `of ${dead} dead letters of ${queue.name} only ${seen.size} can be seen now`,
      );
    }
    bodies.push(...seen.values());
  }
  return bodies;
}

/** What can be received within the half minute in which the first ones stay hidden from the next receive. */
const DEAD_LETTERS_READ = 5000;
