import type { DeadLetter, Queue, QueueDepth } from "../queue/queue.ts";

/** Reads the dead letters of a queue whose depth is known; oldest first, at most 100. */
export type DeadLetterReader = (
  queue: Pick<Queue, "name" | "deadLetters">,
  depth: QueueDepth,
) => Promise<readonly DeadLetter[]>;

/** Reads them each time. */
export const readDeadLetters: DeadLetterReader = async (queue, { dead }) =>
  dead === 0 ? [] : await queue.deadLetters(DEAD_LETTERS_TOLD);

/**
 * For who looks every few seconds: reads again only when their number has changed, or after a minute. On SQS looking is taking
 * and giving back, so that whoever looks all the time hides them from `replay` and `discard`.
 * @param now monotonic milliseconds
 */
export function rememberingReader(now: () => number = () => performance.now()): DeadLetterReader {
  const remembered = new Map<
    string,
    { letters: readonly DeadLetter[]; dead: number; at: number }
  >();
  return async (queue, depth) => {
    const last = remembered.get(queue.name);
    if (last?.dead === depth.dead && now() - last.at < REMEMBERED_MS) {
      return last.letters;
    }
    const at = now();
    const letters = await readDeadLetters(queue, depth);
    remembered.set(queue.name, { letters, dead: depth.dead, at });
    return letters;
  };
}

const DEAD_LETTERS_TOLD = 100; // more than anybody reads
const REMEMBERED_MS = 60_000;
