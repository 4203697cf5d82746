import type { IncomingMessage } from "node:http";
import { clientFor } from "../http/node-http.ts";

/**
 * Sends one POST over a connection of its own and hands the answer over as it comes. The connection is closed when the promise
 * settles, whatever happened: oned closes it anyway, and on a reused one nobody knows whether a call that met the close was done.
 * User name and password in the URL become an Authorization header.
 * @throws Error when the status is not 200, the answer is longer than `maxBytes`, or the connection fails
 */
export async function httpPost(endpoint: URL, body: Buffer, options: PostOptions): Promise<void> {
  const response = await send(endpoint, body, options.signal);
  try {
    if (response.statusCode !== 200) {
      throw new Error(`HTTP ${response.statusCode}${STATUS_HINTS.get(response.statusCode) ?? ""}`);
    }
    let bytes = 0;
    for await (const data of response) {
      const chunk: Buffer = data;
      bytes += chunk.length;
      if (bytes > options.maxBytes) {
        throw new Error(`the answer is longer than ${options.maxBytes} bytes`);
      }
      options.onData(chunk);
    }
  } finally {
    response.destroy();
  }
}

/** Sends one request body and hands the answer's body over; throws when there is none. */
export type Post = typeof httpPost;

/** How far to go. */
export interface PostOptions {
  readonly signal: AbortSignal;
  readonly maxBytes: number;
  /** What it throws ends the request. */
  onData(chunk: Buffer): void;
}

const STATUS_HINTS: ReadonlyMap<number | undefined, string> = new Map([
  [401, " (the name and password in the URL of ONE_XMLRPC are wrong or missing)"],
  [404, " (the path in ONE_XMLRPC is usually /RPC2)"],
]);

function send(endpoint: URL, body: Buffer, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = clientFor(endpoint).request(
      endpoint,
      {
        method: "POST",
        agent: false, // one connection, `Connection: close`
        signal,
        // oned answers 411 to a chunked body.
        headers: { "Content-Type": "text/xml", "Content-Length": body.length },
      },
      resolve,
    );
    request.on("error", reject); // stays: an abort after the response has begun is told here too
    // Node closes the connection without an error when it is answered 101.
    request.on("close", () => reject(new Error("the connection was closed without an answer")));
    request.end(body);
  });
}
