import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import * as z from "zod";
import { RpcFault } from "../../../functions/shared/opennebula/rpc-errors.ts";
import type { CallReport } from "../../../functions/shared/opennebula/rpc.ts";
import { failure, startServer, success } from "./misbehaving-server.ts";
import { answerBody, recordings } from "./recordings.ts";
import { SESSION, assertNoSecret, info, never, ok, rpcTo, thrown } from "./rpc-calls.ts";

describe("a call", () => {
  test("sends the session first and closes its connection", async () => {
    await using server = await startServer((_, response) => response.end(success("<IMAGE/>")));
    assert.equal(
      await rpcTo(server.url).call("one.image.chown", [7, -1, 2], z.string(), never),
      "<IMAGE/>",
    );
    assert.match(server.requests[0] ?? "", /<methodName>one\.image\.chown<\/methodName>/);
    const sent = Array.from(
      (server.requests[0] ?? "").matchAll(/<value><(\w+)>([^<]*)</g),
      ([, type, text]) => [type, text],
    );
    assert.deepEqual(sent, [
      ["string", SESSION],
      ["int", "7"],
      ["int", "-1"],
      ["int", "2"],
    ]);
    assert.equal(server.headers[0]?.connection, "close");
    assert.equal(
      server.headers[0]?.["content-length"],
      String(Buffer.byteLength(server.requests[0] ?? "")),
    );
    await server.idle();
  });

  test("keeps user name, password and query of the URL", async () => {
    let url: string | undefined;
    await using server = await startServer((request, response) => {
      url = request.url;
      response.end(success("x"));
    });
    const endpoint = new URL(server.url);
    endpoint.username = "proxy user";
    endpoint.password = "p:w";
    endpoint.search = "?zone=1";
    await info(rpcTo(endpoint));
    assert.equal(
      server.headers[0]?.authorization,
      `Basic ${Buffer.from("proxy user:p:w").toString("base64")}`,
    );
    assert.equal(url, "/RPC2?zone=1");
  });

  test("hands a large answer over unharmed, also where chunks cut a character", async () => {
    const text = "€<&>ünï".repeat(50_000);
    await using server = await startServer((_, response) => {
      const body = Buffer.from(success(text));
      for (let at = 0; at < body.length; at += 8191) {
        response.write(body.subarray(at, at + 8191));
      }
      response.end();
    });
    assert.equal(await info(rpcTo(server.url)), text);
  });

  test("takes the first of two answers", async () => {
    const two = success("first") + success("second");
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${ok.length}\r\n\r\n`;
    for (const answer of [
      (r: ServerResponse) => r.end(two),
      (r: ServerResponse) => r.socket?.end(head + success("first!!!") + head + success("second!!")),
    ]) {
      await using server = await startServer((_, response) => answer(response));
      assert.match(await info(rpcTo(server.url)), /^first/);
      await server.idle();
    }
  });

  test("reports method, time and outcome", async () => {
    const calls: CallReport[] = [];
    const answers = [success("x"), failure("[one.image.info] no", 512), "rubbish"];
    await using server = await startServer((_, response) => {
      const next = answers.shift();
      if (next !== undefined) {
        response.end(next);
      }
    });
    const rpc = rpcTo(server.url, { onCall: (call) => calls.push(call) });
    await info(rpc);
    await thrown(info(rpc));
    await thrown(info(rpc));
    await thrown(info(rpc, AbortSignal.timeout(20)));
    assert.deepEqual(
      calls.map(({ method, outcome }) => `${method} ${outcome}`),
      [
        "one.image.info ok",
        "one.image.info fault",
        "one.image.info transport",
        "one.image.info aborted",
      ],
    );
    assert.ok(calls.every(({ milliseconds }) => milliseconds >= 0 && milliseconds < 2000));
  });

  test("refuses what XML-RPC cannot carry, before anything is sent", async () => {
    await using server = await startServer((_, response) => response.end(success(1)));
    const rpc = rpcTo(server.url);
    for (const param of ["a\u0001b", "\uD800", "a\uFFFFb", "😀", 2 ** 31, 1.5, Number.NaN]) {
      const error = await thrown(rpc.call("one.image.rename", [7, param], z.int(), never));
      assert.ok(error instanceof TypeError, inspect(error));
      assert.match(error.message, /^one\.image\.rename: parameter 1 /);
    }
    assert.equal(server.requests.length, 0);
  });
});

describe("a refusal", () => {
  test("of OpenNebula has its code, text and object, with four elements or five", async () => {
    const five = failure("[one.image.info] Error getting image [99999].", 1024, 99_999);
    for (const answer of [five, five.replace("<value><i8>-1</i8></value>", "")]) {
      await using server = await startServer((_, response) => response.end(answer));
      const error = await thrown(info(rpcTo(server.url)));
      assert.ok(error instanceof RpcFault, inspect(error));
      assert.deepEqual(
        [error.method, error.code, error.message, error.objectId],
        ["one.image.info", 1024, "[one.image.info] Error getting image [99999].", 99_999],
      );
      await server.idle();
    }
  });

  for (const { name, http_status } of recordings.filter(({ name }) =>
    /^(err_|fault_|http_200)/.test(name),
  )) {
    test(`as recorded: ${name}`, async () => {
      await using server = await startServer((_, response) => {
        response.statusCode = http_status;
        response.end(answerBody(name));
      });
      const error = await thrown(info(rpcTo(server.url)));
      assert.ok(error instanceof RpcFault, inspect(error));
      const text = answerBody(name).toString();
      assert.ok(text.includes(`<i4>${error.code}</i4>`));
      assert.equal(error.code < 0, text.includes("<fault>"));
      assert.notEqual(error.message, "");
    });
  }

  test("that repeats the session does not give it away", async () => {
    await using server = await startServer((_, response) =>
      response.end(failure(`[one.image.info] user ${SESSION} and s3cret-Pa55 alone`, 256)),
    );
    const error = await thrown(info(rpcTo(server.url)));
    assert.ok(error instanceof RpcFault);
    assert.equal(error.message, "[one.image.info] user *** and *** alone");
    assertNoSecret(error);
  });
});
