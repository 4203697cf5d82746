import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** A real HTTP server whose answers a test makes up. */
export interface TestServer extends AsyncDisposable {
  readonly url: URL;
  /** Bodies of the requests so far. */
  readonly requests: readonly string[];
  readonly headers: readonly IncomingMessage["headers"][];
  /** Resolves when no connection is open; rejects after a second. */
  idle(): Promise<void>;
}

/** @param answer is called when the whole request has been read */
export async function startServer(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<TestServer> {
  const requests: string[] = [];
  const headers: IncomingMessage["headers"][] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      requests.push(body);
      headers.push(request.headers);
      answer(request, response, body);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    url: new URL(`http://127.0.0.1:${port}/RPC2`),
    requests,
    headers,
    idle: () => idle(server),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** The answer of OpenNebula to a call that succeeded. */
export function success(value: string | number): string {
  const typed =
    typeof value === "number"
      ? `<i4>${value}</i4>`
      : `<string>${value.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</string>`;
  return envelope(
    `<value><boolean>1</boolean></value><value>${typed}</value><value><i4>0</i4></value>`,
  );
}

/** The answer of OpenNebula to a call that it refused. */
export function failure(text: string, code: number, id = -1): string {
  return envelope(
    `<value><boolean>0</boolean></value><value><string>${text}</string></value><value><i4>${code}</i4></value>` +
      `<value><i4>${id}</i4></value><value><i8>-1</i8></value>`,
  );
}

function envelope(data: string): string {
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<methodResponse><params><param><value><array><data>${data}</data></array></value>` +
    `</param></params></methodResponse>`
  );
}

async function idle(server: Server): Promise<void> {
  for (let waited = 0; waited < 1000; waited += 5) {
    const open = await new Promise<number>((resolve, reject) => {
      server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
    });
    if (open === 0) {
      return;
    }
    await sleep(5);
  }
  throw new Error("a connection is still open");
}
