import { errorText } from "../log/error-text.ts";

/** What stands in place of something that could not be asked. */
export interface Unavailable {
  readonly error: string;
}

/** Whether a part of an overview could not be asked. */
export function isUnavailable(part: object): part is Unavailable {
  return "error" in part;
}

/** The answer, or why there is none; who asks waits no longer than the limit, whatever the call does. */
export async function orUnavailable<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
  limitMs = LIMIT_MS,
): Promise<T | Unavailable> {
  const over = new AbortController();
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const giveUp = (reason: unknown) => {
    over.abort(reason);
    reject(reason);
  };
  const timer = setTimeout(() => giveUp(new Error(`no answer in ${limitMs / 1000} s`)), limitMs);
  const onAbort = () => giveUp(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([ask(over.signal), tooLate]);
  } catch (error) {
    return { error: errorText(error) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

/** An administrator is waiting. */
const LIMIT_MS = 10_000;
