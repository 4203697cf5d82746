import assert from "node:assert/strict";
import { createServer } from "node:http";
import { describe, it, type TestContext } from "node:test";
import { askHealth, healthUrl } from "../../../functions/shared/health/ask-health.ts";
import { ConfigError } from "../../../functions/shared/settings/config.ts";

async function answering(t: TestContext, status: number, body: string): Promise<URL> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { location: "/elsewhere" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return new URL(`http://127.0.0.1:${address.port}/healthz`);
}

describe("the health command", () => {
  it("asks where this host's process listens", () => {
    const url = (host: string) => healthUrl({ http: { host, port: 9464 } }).href;
    assert.equal(url("127.0.0.1"), "http://127.0.0.1:9464/healthz");
    assert.equal(url("0.0.0.0"), "http://127.0.0.1:9464/healthz");
    assert.equal(url("::"), "http://[::1]:9464/healthz");
    assert.equal(url("one.example.org"), "http://one.example.org:9464/healthz");
  });

  it("says that there is nothing to ask when the setting tells no port", () => {
    assert.throws(() => healthUrl({ http: undefined }), ConfigError);
    assert.throws(() => healthUrl({ http: { host: "127.0.0.1", port: 0 } }), ConfigError);
  });

  it("is good only with a 200, and passes on what was answered", async (t) => {
    assert.deepEqual(await askHealth(await answering(t, 200, '{"alive":true}\n')), {
      good: true,
      text: '{"alive":true}',
    });
    assert.deepEqual(await askHealth(await answering(t, 503, '{"alive":false}')), {
      good: false,
      text: '{"alive":false}',
    });
    assert.equal((await askHealth(await answering(t, 302, ""))).good, false);
  });

  it("shows no more of an answer than Docker keeps", async (t) => {
    const { text } = await askHealth(await answering(t, 503, "x".repeat(100_000)));
    assert.equal(text.length, 4000);
  });

  it("is not good when nobody answers", async (t) => {
    const url = await answering(t, 200, "");
    url.port = "1";
    const { good, text } = await askHealth(url);
    assert.equal(good, false);
    assert.match(text, /^no answer from 127\.0\.0\.1:1: .*ECONNREFUSED/);
  });
});
