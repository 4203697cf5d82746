import type { Queue, Queues } from "../shared/queue/queue.ts";
import type { Actions } from "./actions.ts";

/**
 * Replays and discards in every queue: an id says nothing of the queue that it is from.
 * @param changed told when something may have changed, after a failure too
 */
export function deadLetterActions(
  { queues, queueNames }: { readonly queues: Queues; readonly queueNames: readonly string[] },
  changed: () => void,
): Actions {
  const inEach = async (act: (queue: Queue) => Promise<number>): Promise<number> => {
    let count = 0;
    try {
      for (const name of queueNames) {
        count += await act(await queues.open(name));
      }
    } finally {
      changed();
    }
    return count;
  };
  return {
    replay: (id) => inEach((queue) => queue.redrive(id)),
    discard: (id) => inEach(async (queue) => (await queue.discard(id)).length),
  };
}
