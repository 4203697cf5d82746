import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, it, type TestContext } from "node:test";
import { ConfigError } from "../../../functions/shared/settings/config.ts";
import { servePages, type Page } from "../../../functions/shared/health/http-server.ts";
import { recordingLog } from "../worker/recording-log.ts";
import { ask } from "./scrape.ts";

const LOOPBACK = { host: "127.0.0.1", port: 0 };

async function serve(t: TestContext) {
  const { log, lines } = recordingLog();
  const page: Page = { status: 200, contentType: "text/plain", body: "grüezi\n" };
  const pages = new Map([
    ["/page", async () => page],
    ["/broken", () => Promise.reject(new Error("the password is 1234"))],
  ]);
  const server = await servePages(LOOPBACK, pages, log);
  t.after(() => server.close());
  return { url: server.url, lines };
}

/** What the server says to these bytes before it hangs up. */
async function raw(url: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  socket.on("error", () => undefined); // a reset: the server has not read all
  socket.write(bytes);
  await once(socket, "close");
  return text;
}

describe("the server of health and metrics", () => {
  it("answers GET and HEAD, one connection each", async (t) => {
    const { url } = await serve(t);
    const got = await ask(url, "/page?from=prometheus");
    assert.deepEqual([got.status, got.text], [200, "grüezi\n"]);
    assert.equal(got.headers.get("content-length"), "8");
    assert.equal(got.headers.get("connection"), "close");
    const head = await ask(url, "/page", { method: "HEAD" });
    assert.deepEqual([head.status, head.text, head.headers.get("content-length")], [200, "", "8"]);
  });

  it("knows its pages and no others", async (t) => {
    const { url } = await serve(t);
    for (const path of ["/", "/page/", "/page/../page/x", "/constructor"]) {
      const { status, text } = await ask(url, path);
      assert.deepEqual([status, text], [404, "there are /page, /broken\n"], path);
    }
    for (const target of ["http://[", "//page", "*"]) {
      assert.match(
        await raw(url, `GET ${target} HTTP/1.1\r\nhost: x\r\n\r\n`),
        /^HTTP\/1.1 404 /,
        target,
      );
    }
  });

  it("refuses every other method, and does not read what comes with it", async (t) => {
    const { url } = await serve(t);
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const { status, headers } = await ask(url, "/page", { method });
      assert.deepEqual([status, headers.get("allow")], [405, "GET, HEAD"], method);
    }
    const endless = `POST /page HTTP/1.1\r\nhost: x\r\ncontent-length: 9999999999\r\n\r\n${"x".repeat(1000)}`;
    assert.match(await raw(url, endless), /^HTTP\/1.1 405 /);
  });

  it("hangs up on what is no request, and on headers without end", async (t) => {
    const { url } = await serve(t);
    assert.match(await raw(url, "\x16\x03\x01 hello\r\n\r\n"), /^HTTP\/1.1 400 /);
    const long = `GET /page HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(10_000)}\r\n\r\n`;
    assert.match(await raw(url, long), /^HTTP\/1.1 431 /);
  });

  it("tells the log, and nobody else, why a page failed", async (t) => {
    const { url, lines } = await serve(t);
    const { status, text } = await ask(url, "/broken");
    assert.deepEqual([status, text], [500, "failed, see the log\n"]);
    assert.match(String(lines[0]?.["error"]), /password/);
  });

  it("names the setting when the address is in use, or is none of this host", async (t) => {
    const { url } = await serve(t);
    const { log } = recordingLog();
    const port = Number(new URL(url).port);
    const problems = async (address: typeof LOOPBACK) => {
      const error = await servePages(address, new Map(), log).catch((thrown: unknown) => thrown);
      assert.ok(error instanceof ConfigError);
      return error.problems.join();
    };
    assert.equal(
      await problems({ ...LOOPBACK, port }),
      `VMCATCHER_ONE_HTTP: 127.0.0.1:${port} is in use; give each process of a host its own address, or off`,
    );
    const foreign = await problems({ host: "192.0.2.1", port: 0 });
    assert.match(foreign, /^VMCATCHER_ONE_HTTP: 192\.0\.2\.1:0 cannot be listened on \(/);
  });
});
