import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { htmlError } from "./html-error.ts";
import type { Answer, Oned } from "./oned.ts";

/** The network side of oned. */
export interface HttpServer {
  /** @returns the port, the same every time */
  listen(): Promise<number>;
  /** New connections are refused; those that are open go on. */
  stopListening(): void;
  /** Refuses new connections and resets the open ones. */
  abort(): Promise<void>;
}

/** Speaks HTTP as xmlrpc-c's Abyss does: `/RPC2` only, POST only, Content-Length required, one call a connection. */
export function createHttpServer(oned: Oned, host: string, wantedPort: number): HttpServer {
  let port = wantedPort;
  let server: Server | undefined;
  return {
    listen: async () => {
      if (server?.listening === true) {
        return port;
      }
      const created = createServer((request, response) => void serve(oned, request, response));
      server = created;
      await new Promise<void>((resolve, reject) => {
        created.once("error", reject);
        created.listen(port, host, resolve);
      });
      const address = created.address();
      port = address !== null && typeof address === "object" ? address.port : port;
      return port;
    },
    stopListening: () => server?.close(),
    abort: async () => {
      const stopped = server;
      if (stopped?.listening === true) {
        const closed = new Promise<void>((resolve) => stopped.once("close", () => resolve()));
        stopped.close();
        stopped.closeAllConnections();
        await closed;
      }
      stopped?.closeAllConnections();
    },
  };
}

async function serve(
  oned: Oned,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.sendDate = false;
  const refusal = refuse(request);
  if (refusal !== undefined) {
    sendHtml(response, refusal.status, refusal.reason);
    return;
  }
  if (Number(request.headers["content-length"]) > MAX_BODY_BYTES) {
    request.socket.resetAndDestroy();
    return;
  }
  try {
    carryOut(await oned.answer(await buffer(request)), response);
  } catch (error) {
    response.destroy(); // the client went away, or the simulator has a fault: its stack says where
    if (!request.socket.destroyed) {
      throw error;
    }
  }
}

function carryOut(answer: Answer, response: ServerResponse): void {
  switch (answer.kind) {
    case "body":
      sendXml(response, answer.body, answer.body.length);
      break;
    case "cut body":
      sendXml(response, answer.body, answer.body.length / 2);
      break;
    case "status":
      sendHtml(response, answer.status, "The server could not process the request");
      break;
    case "reset":
      response.socket?.resetAndDestroy();
      break;
    case "silence":
  }
}

function refuse(
  request: IncomingMessage,
): { readonly status: number; readonly reason: string } | undefined {
  const path = request.url?.split("?")[0] ?? "";
  if (request.method !== "POST") {
    return { status: 405, reason: "POST is the only HTTP method this server understands" };
  }
  if (path !== "/RPC2") {
    const reason = `This XML-RPC For C/C++ Abyss XML-RPC server responds to only one URI path.  I don't know what URI path that is, but it's not the one you requested: '${path}'.  (Typically, it's '/RPC2')`;
    return { status: 404, reason };
  }
  const length = request.headers["content-length"];
  if (length === undefined) {
    return {
      status: 411,
      reason: "You must send a content-length HTTP header in an XML-RPC call.",
    };
  }
  return Number(length) === 0
    ? {
        status: 400,
        reason: "According to your content-length HTTP header, your request is empty (zero length)",
      }
    : undefined;
}

/** @param characters how much of the body is sent before the connection is reset, when that is not all */
function sendXml(response: ServerResponse, body: string, characters: number): void {
  setHeaders(response, {
    "Content-type": "text/xml; charset=utf-8",
    "Content-length": String(Buffer.byteLength(body)),
  });
  if (characters === body.length) {
    response.end(body);
    return;
  }
  response.write(body.slice(0, characters), () => response.socket?.resetAndDestroy());
}

function sendHtml(response: ServerResponse, status: number, reason: string): void {
  response.statusCode = status;
  setHeaders(response, { "Content-type": "text/html" });
  response.removeHeader("Content-length"); // Abyss ends such a body by closing
  response.removeHeader("Transfer-Encoding");
  response.end(htmlError(status, reason));
}

function setHeaders(response: ServerResponse, headers: Readonly<Record<string, string>>): void {
  const date = new Date().toUTCString().replace(/GMT$/, "UTC");
  for (const [name, value] of Object.entries({
    ...headers,
    Connection: "close",
    Date: date,
    Server: "Xmlrpc-c_Abyss/1.33.14",
  })) {
    response.setHeader(name, value);
  }
}

/** 60 MB were taken and 200 MB reset by the real one. */
const MAX_BODY_BYTES = 100_000_000;
