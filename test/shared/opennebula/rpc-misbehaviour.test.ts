import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { describe, test } from "node:test";
import { startServer, success } from "./misbehaving-server.ts";
import { answerBody } from "./recordings.ts";
import { SESSION, assertTransport, info, ok, rpcTo, thrown } from "./rpc-calls.ts";

const values = (inner: string): string =>
  `<methodResponse><params><param>${inner}</param></params></methodResponse>`;
const array = (inner: string): string =>
  values(`<value><array><data>${inner}</data></array></value>`);

/** How a server can go wrong, and what the error must say. */
const MISBEHAVIOUR: readonly [
  name: string,
  text: RegExp,
  answer: (response: ServerResponse, body: string) => void,
][] = [
  [
    "answers 500 with HTML",
    /HTTP 500$/,
    (r) => r.writeHead(500).end("<HTML><BODY>oops</BODY></HTML>"),
  ],
  ["answers 500 with a well-formed success", /HTTP 500$/, (r) => r.writeHead(500).end(ok)],
  [
    "answers 404 for a wrong path",
    /HTTP 404 .*\/RPC2/,
    (r) => r.writeHead(404).end(answerBody("http_404_path")),
  ],
  ["answers 401", /HTTP 401 /, (r) => r.writeHead(401).end("who are you?")],
  ["redirects", /HTTP 301$/, (r) => r.writeHead(301, { Location: "http://127.0.0.1:1/" }).end()],
  ["answers 204", /HTTP 204$/, (r) => r.writeHead(204).end()],
  ["answers 502 without end", /HTTP 502$/, (r) => r.writeHead(502).write("<html>")],
  [
    "answers 200 with HTML",
    /tag 'BODY'|XML-RPC/,
    (r) => r.end("<HTML><HEAD></HEAD><BODY>login</BODY></HTML>"),
  ],
  [
    "answers 200 with plain text",
    /Text data outside of root|XML-RPC/,
    (r) => r.end("Internal error"),
  ],
  ["answers 200 with nothing", /XML-RPC/, (r) => r.end()],
  ["answers with JSON", /Text data outside of root|XML-RPC/, (r) => r.end('{"ok":true}')],
  [
    "answers no value",
    /no value/,
    (r) => r.end("<methodResponse><params></params></methodResponse>"),
  ],
  [
    "answers a fault without a value",
    /faultString/,
    (r) => r.end("<methodResponse><fault/></methodResponse>"),
  ],
  [
    "answers a fault of nil",
    /faultString/,
    (r) => r.end("<methodResponse><fault><value><nil/></value></fault></methodResponse>"),
  ],
  [
    "answers a fault without a code",
    /XML-RPC fault$/,
    (r) => r.end("<methodResponse><fault><value><struct/></value></fault></methodResponse>"),
  ],
  [
    "answers two values",
    /more than one param/,
    (r) => r.end(values("<value>1</value></param><param><value>2</value>")),
  ],
  ["answers a bare text", /neither/, (r) => r.end(values("<value><string>ok</string></value>"))],
  ["answers an empty array", /neither/, (r) => r.end(array(""))],
  ["answers another type of value", /neither/, (r) => r.end(success(5))],
  [
    "answers true as a text",
    /neither/,
    (r) => r.end(array("<value>true</value><value>x</value><value><i4>0</i4></value>")),
  ],
  [
    "answers a failure without a code",
    /neither/,
    (r) => r.end(array("<value><boolean>0</boolean></value><value>no</value>")),
  ],
  ["truncates the XML", /: Unexpected end$/, (r) => r.end(ok.slice(0, -25))],
  ["truncates inside the value", /XML-RPC/, (r) => r.end(ok.slice(0, ok.indexOf("IMAGE")))],
  ["closes before an answer", /socket hang up/, (r) => r.socket?.end()],
  ["resets before an answer", /ECONNRESET|socket hang up/, (r) => r.socket?.resetAndDestroy()],
  [
    "resets in the middle of the body",
    /aborted|ECONNRESET/,
    (r) =>
      r.writeHead(200, { "Content-Length": "99999" }).write(ok, () => r.socket?.resetAndDestroy()),
  ],
  [
    "closes in the middle of the body",
    /aborted/,
    (r) => r.writeHead(200, { "Content-Length": "99999" }).write(ok, () => r.socket?.destroy()),
  ],
  ["sends rubbish for HTTP", /Parse Error/, (r) => r.socket?.end("SSH-2.0-OpenSSH_9.2\r\n")],
  [
    "wants to switch protocols",
    /closed without an answer/,
    (r) =>
      r.socket?.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
      ),
  ],
  [
    "sends endless headers",
    /Parse Error|Header/,
    (r) => r.socket?.write(`HTTP/1.1 200 OK\r\n${"X: yyyyyyyyyyyyyyyy\r\n".repeat(20_000)}`),
  ],
  [
    "repeats the session in a value",
    /Illegal boolean value '\*\*\*'$/,
    (r) => r.end(values(`<value><boolean>${SESSION}</boolean></value>`)),
  ],
  [
    "repeats the session in a second line",
    /Illegal boolean value 'x$/,
    (r) => r.end(values(`<value><boolean>x\n${SESSION}</boolean></value>`)),
  ],
  ["says nothing", /no answer within 0\.15 s/, () => {}],
  ["stalls in the body", /no answer within 0\.15 s/, (r) => r.write(ok.slice(0, 50))],
  ["drips", /no answer within 0\.15 s/, (r) => drip(r)],
];

describe("an answer that is none is an RpcTransportError and leaves no connection when the server", () => {
  for (const [name, text, answer] of MISBEHAVIOUR) {
    test(name, async () => {
      await using server = await startServer((_, response, body) => answer(response, body));
      const patience = text.source.startsWith("no answer") ? 150 : 2000;
      const start = performance.now();
      const error = await thrown(info(rpcTo(server.url, { timeoutMs: () => patience })));
      assertTransport(error, text);
      assert.ok(performance.now() - start < 1500, "took too long");
      await server.idle();
    });
  }

  test("answers without end", async () => {
    await using server = await startServer((_, response) => flood(response));
    assertTransport(
      await thrown(info(rpcTo(server.url, { maxAnswerBytes: 300_000 }))),
      /longer than 300000 bytes/,
    );
    await server.idle();
  });

  test("is not there", async () => {
    const server = await startServer(() => {});
    await server[Symbol.asyncDispose]();
    assertTransport(await thrown(info(rpcTo(server.url))), /ECONNREFUSED/);
  });
});

test("an error without a text of its own, as for a host with several addresses, tells its parts", async () => {
  const session = async (): Promise<string> => {
    throw new AggregateError([
      new Error("connect ECONNREFUSED ::1:1"),
      new Error("connect ECONNREFUSED 127.0.0.1:1"),
    ]);
  };
  const error = await thrown(info(rpcTo(new URL("http://127.0.0.1:1/RPC2"), { session })));
  assertTransport(error, /: connect ECONNREFUSED ::1:1; connect ECONNREFUSED 127\.0\.0\.1:1$/);
});

test("an unreadable session is an RpcTransportError, and nothing is sent", async () => {
  await using server = await startServer((_, response) => response.end(ok));
  const session = async (): Promise<string> => {
    throw new Error("the ONE_AUTH file /x does not exist");
  };
  assertTransport(
    await thrown(info(rpcTo(server.url, { session }))),
    /the ONE_AUTH file \/x does not exist$/,
  );
  assert.equal(server.requests.length, 0);
});

test("a session that XML cannot carry does not appear in the error", async () => {
  await using server = await startServer((_, response) => response.end(ok));
  assertTransport(
    await thrown(info(rpcTo(server.url, { session: async () => `${SESSION}\u0001` }))),
    /\*\*\*/,
  );
});

function drip(response: ServerResponse): void {
  let at = 0;
  const timer = setInterval(() => response.write(ok.slice(at, (at += 1))), 5);
  response.on("close", () => clearInterval(timer));
}

function flood(response: ServerResponse): void {
  response.write("<methodResponse><params><param><value><string>");
  const more = (): void => {
    while (!response.destroyed && response.write("x".repeat(16_384))) {}
  };
  response.on("drain", more);
  more();
}
