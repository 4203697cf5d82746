/**
 * Node's own module. To import it costs 80 ms: an import reads all that a module exports, and at `WebSocket` node:http loads fetch,
 * TLS and HTTP/2, which nothing here uses.
 */
export const http = process.getBuiltinModule("node:http");

/** Where requests to a URL are made; TLS is loaded when it is needed. */
export function clientFor({ protocol }: URL) {
  return protocol === "https:" ? process.getBuiltinModule("node:https") : http;
}
