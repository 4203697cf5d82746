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
    const answer = last === undefined ? underWay : within(patienceMs, underWay, last);
    return (await answer)();
  };
}

const PATIENCE_MS = 1500;

/** What the work results in, or `otherwise` when that takes longer. */
export async function within<Result>(
  milliseconds: number,
  work: Promise<Result>,
  otherwise: Result,
): Promise<Result> {
  const { promise, resolve } = Promise.withResolvers<Result>();
  const timer = setTimeout(() => resolve(otherwise), milliseconds);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
