import type { IncomingMessage, ServerResponse } from "node:http";
import type { Address } from "../settings/config.ts";
import { errorText } from "../log/error-text.ts";
import { listen, type Listening } from "../http/listen.ts";
import { http } from "../http/node-http.ts";
import type { Log } from "../log/log.ts";

/** An answer. */
export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/**
 * Answers GET and HEAD of the given paths and nothing else, a connection each. A body is never read, and who is slow or
 * sends much is cut off: this must cost the work nothing, whoever asks.
 * @throws ConfigError when the address cannot be listened on
 */
export async function servePages(
  address: Address,
  pages: ReadonlyMap<string, () => Promise<Page>>,
  log: Log,
): Promise<Listening> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let page: Page;
    try {
      page = await pageFor(request, pages);
    } catch (error) {
      log.warn({ error: errorText(error) }, "a page of health or metrics failed");
      page = text(500, "failed, see the log");
    }
    send(page, response);
  };
  const server = http.createServer(LIMITS, (request, response) => {
    void answer(request, response);
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.setTimeout(LIMITS.requestTimeout, (socket) => socket.destroy());
  return listen(server, address, { setting: "VMCATCHER_ONE_HTTP", log });
}

const LIMITS = {
  maxHeaderSize: 8192,
  headersTimeout: 5000,
  requestTimeout: 10_000, // the slowest page takes 2 s (bounded-ask.ts)
  connectionsCheckingInterval: 5000,
};

const MAX_CONNECTIONS = 32;

async function pageFor(
  { method, url = "" }: IncomingMessage,
  pages: ReadonlyMap<string, () => Promise<Page>>,
): Promise<Page> {
  const page = pages.get(url.replace(/\?.*$/s, ""));
  if (page === undefined) {
    return text(404, `there are ${[...pages.keys()].join(", ")}`);
  }
  return method === "GET" || method === "HEAD" ? page() : text(405, "only GET and HEAD");
}

function send({ status, contentType, body }: Page, response: ServerResponse): void {
  response.writeHead(status, {
    "content-type": contentType,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    connection: "close", // also ends a request whose body nobody has read
    ...(status === 405 ? { allow: "GET, HEAD" } : {}),
  });
  response.end(body); // Node sends no body to HEAD
}

function text(status: number, body: string): Page {
  return { status, contentType: "text/plain; charset=utf-8", body: `${body}\n` };
}
