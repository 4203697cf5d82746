import type { Clock } from "../time/clock.ts";
import type { DeadLetter, Queue, Queues } from "./queue.ts";

/** A dead letter and the queue that it belongs to. */
export interface FoundLetter {
  readonly queue: Queue;
  readonly letter: DeadLetter;
}

/**
 * The dead letters of all queues, oldest first in each, at most 1000 of each.
 *
 * On SQS who looks at dead letters hides them from others for a moment; so when there are fewer than the queue counts, this
 * looks again a few times.
 */
export async function everyDeadLetter(
  queues: Queues,
  names: readonly string[],
  clock: Pick<Clock, "sleep">,
): Promise<readonly FoundLetter[]> {
  const found = names.map(async (name) => {
    const queue = await queues.open(name);
    const letters = await untilComplete(queue, clock);
    return letters.map((letter) => ({ queue, letter }));
  });
  return (await Promise.all(found)).flat();
}

/**
 * The dead letters that an operator names: by their ids, or by how an id begins where that is long enough and leaves no doubt.
 * @throws Error naming every id that is unknown or ambiguous; then none is chosen
 */
export function chooseLetters(
  letters: readonly FoundLetter[],
  ids: readonly string[],
): readonly FoundLetter[] {
  const problems: string[] = [];
  const chosen = new Set<FoundLetter>();
  for (const id of ids) {
    const matches = matching(letters, id);
    const [match] = matches;
    if (match === undefined) {
      problems.push(`no dead letter ${id}`);
    } else if (matches.length > 1) {
      const list = matches.map(({ letter }) => letter.messageId).join(", ");
      problems.push(`${id} is the begin of ${matches.length} dead letters: ${list}`);
    } else {
      chosen.add(match);
    }
  }
  if (problems.length > 0) {
    throw new Error(`${problems.join("\n")}\nnothing was done`);
  }
  return [...chosen];
}

const SHORTEST_BEGIN = 4; // shorter ones are slips of the hand

function matching(letters: readonly FoundLetter[], id: string): readonly FoundLetter[] {
  const exact = letters.filter(({ letter }) => letter.messageId === id);
  // The embedded queue numbers its messages, and the begin of a number is another number.
  return exact.length > 0 || id.length < SHORTEST_BEGIN || /^\d+$/.test(id)
    ? exact
    : letters.filter(({ letter }) => letter.messageId.startsWith(id));
}

const LISTED = 1000;
const LOOKS = 5;
const PAUSE_MS = 500;

async function untilComplete(
  queue: Queue,
  clock: Pick<Clock, "sleep">,
): Promise<readonly DeadLetter[]> {
  for (let look = 1; ; look += 1) {
    const { dead } = await queue.depth();
    const letters = dead === 0 ? [] : await queue.deadLetters(LISTED);
    if (letters.length >= Math.min(dead, LISTED) || look === LOOKS) {
      return letters;
    }
    await clock.sleep(PAUSE_MS, new AbortController().signal);
  }
}
