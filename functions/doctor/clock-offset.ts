import type { IncomingMessage } from "node:http";
import { clientFor } from "../shared/http/node-http.ts";

/**
 * How far a server's clock is ahead of ours, in seconds, by the Date of its answer to a GET, whatever else it answers.
 * Exact to a second, which is what the header tells, and half the time of the answer.
 * @returns undefined when it tells no date. @throws Error when it does not answer within 5 s
 */
export async function clockOffset(
  url: URL,
  now: () => Date,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const begin = now().getTime();
  const request = clientFor(url).request(
    new URL(url.pathname, url.origin), // without the password that the URL may hold
    { agent: false, signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]) },
    resolve,
  );
  request.once("error", reject).end();
  const response = await promise;
  const end = now().getTime();
  response.destroy();
  const date = Date.parse(response.headers.date ?? "");
  // The header has whole seconds, the rest cut off: half a second on average.
  return Number.isNaN(date) ? undefined : (date + 500 - (begin + end) / 2) / 1000;
}

const ANSWER_LIMIT_MS = 5000;
