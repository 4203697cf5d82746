import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import type { Hono } from "hono";
import { deskOf, TOKEN } from "./desk.ts";
import { deadLetterOf, troubledSite } from "./scenes.ts";

const HOST = "127.0.0.1:9465";
const OWN_FORM = { host: HOST, origin: `http://${HOST}` };

function post(
  app: Hono,
  path: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = OWN_FORM,
) {
  return app.request(`http://${HOST}${path}`, {
    method: "POST",
    body: new URLSearchParams(form),
    headers,
  });
}

/** Signs in as a person does. @returns the cookie and what the forms of the page carry */
async function signIn(app: Hono) {
  const { status, headers } = await post(app, "/sign-in", { token: TOKEN });
  assert.equal(status, 303);
  const cookie = (headers.get("set-cookie") ?? "").split(";", 1)[0] ?? "";
  const text = await (await app.request("/", { headers: { host: HOST, cookie } })).text();
  const form = /name="form" value="([^"]+)"/.exec(text)?.[1];
  assert.ok(form !== undefined, text);
  return { cookie, form, text };
}

describe("the page without a token", () => {
  it("shows everything to who asks under a name of this host", async () => {
    const { app } = deskOf(troubledSite());
    for (const host of [HOST, "localhost:8080", "[::1]:9465", "127.0.0.1"]) {
      const response = await app.request("/", { headers: { host } });
      assert.equal(response.status, 200, host);
      assert.match(await response.text(), /copy-failed/);
    }
  });

  it("shows nothing to a name that a stranger may have given to this address", async () => {
    const { app } = deskOf(troubledSite(), { hosts: ["one.example.org"] });
    for (const host of [
      "evil.example",
      "127.0.0.1.evil.example",
      "localhost.",
      "",
      "one.example",
    ]) {
      const response = await app.request("/", { headers: { host } });
      assert.equal(response.status, 421, host);
      assert.doesNotMatch(await response.text(), /copy-failed/);
    }
    assert.equal((await app.request("/", { headers: { host: "One.Example.org" } })).status, 200);
  });

  it("has no buttons, and nothing behind them", async () => {
    const { app, done } = deskOf(troubledSite());
    const text = await (await app.request("/", { headers: { host: HOST } })).text();
    assert.doesNotMatch(text, /method="post"/);
    for (const path of ["/replay", "/discard", "/sign-in", "/sign-out"]) {
      assert.equal((await post(app, path, { id: deadLetterOf().id })).status, 404, path);
    }
    assert.deepEqual(done, []);
  });
});

describe("the page with a token", () => {
  it("shows nothing before the token was given", async () => {
    const { app } = deskOf(troubledSite(), { token: true });
    for (const cookie of ["", "vmcatcher-one=1.x", "vmcatcher-one=9999999999.x.c2lnbmVkc2lnbmVk"]) {
      const response = await app.request("/?q=x", { headers: { host: "any.example", cookie } });
      assert.equal(response.status, 401);
      const text = await response.text();
      assert.match(text, /Token/);
      assert.doesNotMatch(text, /copy-failed/);
    }
  });

  it("keeps the session in a cookie that no script and no other site gets", async () => {
    const { app } = deskOf(undefined, { token: true });
    const plain = await post(app, "/sign-in", { token: TOKEN });
    assert.match(
      plain.headers.get("set-cookie") ?? "",
      /^vmcatcher-one=\S+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    const headers = { ...OWN_FORM, "x-forwarded-proto": "https" };
    const secure = await post(app, "/sign-in", { token: TOKEN }, headers);
    assert.match(secure.headers.get("set-cookie") ?? "", /; Secure/);
  });

  it("refuses a wrong token and, after ten, any", async () => {
    const { app, lines } = deskOf(undefined, { token: true });
    for (let guess = 0; guess < 10; guess++) {
      const response = await post(app, "/sign-in", { token: `guess-${guess}` });
      assert.equal(response.status, 403);
      assert.equal(response.headers.get("set-cookie"), null);
    }
    assert.equal((await post(app, "/sign-in", { token: TOKEN })).status, 429);
    assert.equal(lines.length, 11);
    assert.doesNotMatch(JSON.stringify(lines), /guess-|battery/);
  });

  it("replays one, replays all, discards one, and says what was done", async () => {
    const { app, done, lines } = deskOf(troubledSite(), { token: true });
    const { cookie, form } = await signIn(app);
    const send = (path: string, fields: Readonly<Record<string, string>>) =>
      post(app, path, { form, ...fields }, { ...OWN_FORM, cookie });
    for (const [path, fields, location] of [
      ["/replay", { id: "a" }, "./?done=replayed"],
      ["/replay", {}, "./?done=replayed-all"],
      ["/discard", { id: "b" }, "./?done=discarded"],
    ] as const) {
      const response = await send(path, fields);
      assert.deepEqual([response.status, response.headers.get("location")], [303, location]);
    }
    assert.deepEqual(done, ["replay a", "replay all", "discard b"]);
    assert.equal(lines.length, 3);
    const after = await app.request("/?done=discarded", { headers: { host: HOST, cookie } });
    assert.match(await after.text(), /id="done" role="status">Discarded/);
  });

  it("says when somebody was faster, and when the queue does not answer", async () => {
    const { app } = deskOf(undefined, {
      token: true,
      act: async (what) => (what === "discard gone" ? 0 : Promise.reject(new Error("away"))),
    });
    const { cookie, form } = await signIn(app);
    const location = async (id: string) =>
      (await post(app, "/discard", { form, id }, { ...OWN_FORM, cookie })).headers.get("location");
    assert.equal(await location("gone"), "./?done=gone");
    assert.equal(await location("other"), "./?done=failed");
  });

  it("takes no form that another site sends, or that no session of this page has made", async () => {
    const { app, done } = deskOf(troubledSite(), { token: true });
    const { cookie, form } = await signIn(app);
    const other = await signIn(app);
    const fields = { form, id: "a" };
    const refused: readonly (readonly [Record<string, string>, Record<string, string>])[] = [
      [fields, { ...OWN_FORM }], // no session
      [{ id: "a" }, { ...OWN_FORM, cookie }], // no token of the form
      [
        { id: "a", form: other.form },
        { ...OWN_FORM, cookie },
      ], // that of another session
      [
        { id: "a", form: "x" },
        { ...OWN_FORM, cookie },
      ],
      [fields, { host: HOST, cookie }], // from nowhere
      [fields, { host: HOST, cookie, origin: "https://evil.example" }],
      [fields, { host: HOST, cookie, origin: "null" }],
      [fields, { host: HOST, cookie, "sec-fetch-site": "cross-site" }],
      [fields, { host: HOST, cookie, "sec-fetch-site": "same-site" }],
    ];
    for (const path of ["/replay", "/discard", "/sign-out"]) {
      for (const [body, headers] of refused) {
        assert.equal((await post(app, path, body, headers)).status, 403, JSON.stringify(headers));
      }
    }
    assert.deepEqual(done, []);
    const fromProxy = { host: HOST, cookie, "sec-fetch-site": "same-origin", origin: "https://x" };
    assert.equal((await post(app, "/replay", fields, fromProxy)).status, 303);
  });

  it("does nothing on GET, and reads no large body", async () => {
    const { app, done } = deskOf(troubledSite(), { token: true });
    const { cookie, form } = await signIn(app);
    const headers = { host: HOST, cookie };
    assert.equal((await app.request(`/replay?form=${form}&id=a`, { headers })).status, 404);
    const large = { form, id: "x".repeat(5000) };
    assert.equal((await post(app, "/replay", large, { ...OWN_FORM, cookie })).status, 413);
    assert.deepEqual(done, []);
  });

  it("ends a session after its time, whatever the browser still sends", async () => {
    let now = Date.parse("2026-11-22T06:00:00Z");
    const { app } = deskOf(undefined, { token: true, now: () => new Date(now) });
    const { cookie } = await signIn(app);
    const look = async () => (await app.request("/", { headers: { host: HOST, cookie } })).status;
    assert.equal(await look(), 200);
    now += 12 * 3600_000;
    assert.equal(await look(), 401);
  });

  it("forgets the session when asked to", async () => {
    const { app } = deskOf(undefined, { token: true });
    const { cookie, form } = await signIn(app);
    const response = await post(app, "/sign-out", { form }, { ...OWN_FORM, cookie });
    assert.match(response.headers.get("set-cookie") ?? "", /^vmcatcher-one=; Max-Age=0/);
  });
});

it("every answer forbids the browser to load, run, frame, keep or send on anything", async () => {
  const { app } = deskOf(troubledSite());
  for (const path of ["/", "/nothing"]) {
    const { headers } = await app.request(path, { headers: { host: HOST } });
    const csp = headers.get("content-security-policy") ?? "";
    assert.match(csp, /^default-src 'none'; /);
    assert.match(csp, /frame-ancestors 'none'/);
    assert.doesNotMatch(csp, /unsafe|http|\*/);
    assert.equal(headers.get("cache-control"), "no-store");
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("referrer-policy"), "same-origin");
  }
});

it("the style and the script that the browser may use are the ones in the page", async () => {
  const response = await deskOf().app.request("/", { headers: { host: HOST } });
  const csp = response.headers.get("content-security-policy") ?? "";
  const text = await response.text();
  for (const tag of ["style", "script"]) {
    const found = [...text.matchAll(new RegExp(`<${tag}[^>]*>([^]*?)</${tag}>`, "g"))];
    assert.equal(found.length, 1);
    const hash = createHash("sha256")
      .update(found[0]?.[1] ?? "")
      .digest("base64");
    assert.ok(csp.includes(`${tag}-src 'sha256-${hash}'`), tag);
  }
  assert.doesNotMatch(text, / on[a-z]+=| style=|javascript:|src=/);
});

it("a failure is told to the log and to nobody else", async () => {
  const { app, lines } = deskOf();
  app.get("/broken", () => {
    throw new Error("the password is 1234");
  });
  const response = await app.request("/broken", { headers: { host: HOST } });
  assert.deepEqual([response.status, await response.text()], [500, "failed, see the log\n"]);
  assert.match(JSON.stringify(lines), /the password is 1234/);
});
