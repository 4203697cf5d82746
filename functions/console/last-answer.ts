import { within } from "../shared/time/within.ts";

/**
 * Makes a question that may take long one that does not: while it is still open, who asks again gets what was answered last, or
 * the last failure. Only the very first is waited for. An OpenNebula that hangs so does not hold up what is told of all else.
 */
export function lastAnswer<Value>(
  ask: () => Promise<Value>,
  patienceMs = PATIENCE_MS,
): () => Promise<Value> {
  let last: (() => Value) | undefined;
  let underWay: Promise<() => Value> | undefined;
  const begin = async (): Promise<() => Value> => {
    let answer: () => Value;
    try {
      const value = await ask();
      answer = () => value;
    } catch (error) {
      answer = () => {
        throw error;
      };
    }
    last = answer;
    underWay = undefined;
    return answer;
  };
  return async () => {
    underWay ??= begin();
    const known = last;
    const answer = known === undefined ? underWay : within(patienceMs, underWay, () => known);
    return (await answer)();
  };
}

const PATIENCE_MS = 1500;
