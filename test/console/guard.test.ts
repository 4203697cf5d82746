import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Guard, SESSION_SECONDS } from "../../functions/console/guard.ts";

const TOKEN = "0123456789abcdef";

function guardAt(start = "2026-11-22T18:00:00Z") {
  let now = Date.parse(start);
  const guard = new Guard(TOKEN, { now: () => new Date(now) });
  return {
    guard,
    later: (seconds: number) => {
      now += seconds * 1000;
    },
  };
}

describe("the guard of the page", () => {
  it("admits the token and nothing that resembles it", () => {
    const { guard } = guardAt();
    assert.equal(guard.admits(TOKEN), "yes");
    for (const wrong of ["", TOKEN.slice(1), `${TOKEN} `, TOKEN.toUpperCase()]) {
      assert.equal(guard.admits(wrong), "no", wrong);
    }
  });

  it("admits nobody for a minute after ten wrong tokens, not even with the right one", () => {
    const { guard, later } = guardAt();
    for (let guess = 0; guess < 10; guess++) {
      assert.equal(guard.admits(`guess ${guess}`), "no");
    }
    assert.equal(guard.admits(TOKEN), "too-many");
    later(59);
    assert.equal(guard.admits(TOKEN), "too-many");
    later(1);
    assert.equal(guard.admits(TOKEN), "yes");
  });

  it("ends a session after its time, and takes nothing that is none", () => {
    const { guard, later } = guardAt();
    const session = guard.open();
    assert.notEqual(session, guard.open());
    assert.equal(guard.isOpen(session), true);
    later(SESSION_SECONDS);
    assert.equal(guard.isOpen(session), false);
    assert.equal(guard.isOpen(""), false);
    assert.equal(guard.isOpen("nonsense"), false);
  });

  it("knows the forms of a session from those of another", () => {
    const { guard } = guardAt();
    const [mine, other] = [guard.open(), guard.open()];
    assert.equal(guard.isFormToken(guard.formToken(mine), mine), true);
    assert.equal(guard.isFormToken(guard.formToken(other), mine), false);
    assert.equal(guard.isFormToken("", mine), false);
  });

  it("signs with a key that comes from the token alone: a restart ends no session, another token ends all", () => {
    assert.deepEqual(guardAt().guard.key, guardAt("2026-11-23T18:00:00Z").guard.key);
    const other = new Guard(`${TOKEN}!`, { now: () => new Date() });
    assert.notDeepEqual(guardAt().guard.key, other.key);
  });
});
