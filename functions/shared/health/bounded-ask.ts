import { systemCode } from "../files/system-code.ts";
import { within } from "../time/within.ts";

/** What was answered, or why there is no answer: a short word that tells nothing secret. */
export type Answer<T> = { readonly value: T } | { readonly failure: string };

/**
 * Makes a question that may be asked by anybody at any rate: an answer is good for some seconds, only one call is
 * under way at a time, and who asks waits no longer than the limit, whatever the call does.
 * @param now monotonic milliseconds
 */
export function boundedAsk<T>(
  ask: () => Promise<T>,
  { now = () => performance.now(), limitMs = LIMIT_MS, freshMs = FRESH_MS }: AskOptions = {},
): () => Promise<Answer<T>> {
  let last: { readonly answer: Answer<T>; readonly at: number } | undefined;
  let underWay: Promise<Answer<T>> | undefined;

  const answer = async (): Promise<Answer<T>> => {
    let found: Answer<T>;
    try {
      found = { value: await ask() };
    } catch (error) {
      // The text is for the log only: this is read over the network, and a server may say anything, parts of a request included.
      found = { failure: systemCode(error)?.slice(0, MAX_CODE_CHARACTERS) ?? "failed" };
    }
    last = { answer: found, at: now() };
    underWay = undefined;
    return found;
  };
  return async () => {
    if (last !== undefined && now() - last.at < freshMs) {
      return last.answer;
    }
    underWay ??= answer();
    return within(limitMs, underWay, () => ({ failure: `no answer in ${limitMs / 1000} s` }));
  };
}

/** How patient to be. */
export interface AskOptions {
  readonly now?: () => number;
  readonly limitMs?: number;
  readonly freshMs?: number;
}

/** Well below the 10 seconds after which Prometheus gives a scrape up, and the 5 of `vmcatcher-one health`. */
const LIMIT_MS = 2000;

/** Several who scrape, or ask for readiness between two scrapes, cost one call. */
const FRESH_MS = 5000;

const MAX_CODE_CHARACTERS = 100;
