import { connect } from "node:net";
import { buffer } from "node:stream/consumers";

/** An answer as it came over the socket. */
export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How a request leaves; the body is sent as it is. */
export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly body: Buffer;
  readonly chunked?: boolean;
}

/** Sends one request over its own connection and reads until the server closes it. */
export async function sendRaw(
  url: string,
  { method = "POST", path = "/RPC2", body, chunked = false }: RawRequest,
): Promise<RawResponse> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const framing = chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${body.length}`;
  socket.write(
    `${method} ${path} HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: text/xml\r\n${framing}\r\n\r\n`,
  );
  socket.write(chunked ? `${body.length.toString(16)}\r\n${body.toString()}\r\n0\r\n\r\n` : body);
  const answer = (await buffer(socket)).toString();
  const end = answer.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = answer.slice(0, end).split("\r\n");
  const headers = lines.map((line): [string, string] => [
    line.slice(0, line.indexOf(":")),
    line.slice(line.indexOf(":") + 2),
  ]);
  return {
    status: Number(statusLine.split(" ")[1]),
    headers: Object.fromEntries(headers),
    body: answer.slice(end + 4),
  };
}
