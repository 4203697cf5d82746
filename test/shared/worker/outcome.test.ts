import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GiveUp, LeaseLost, RetryLater, StartOver } from "../../../functions/shared/step/errors.ts";
import { RpcFault, RpcTransportError } from "../../../functions/shared/opennebula/rpc-errors.ts";
import { ShuttingDown, outcomeOf } from "../../../functions/shared/worker/outcome.ts";

const FIRST = { attempt: 1, restarts: 0, random: () => 1 };

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: write`), { code });
}

describe("outcome of an error", () => {
  const kinds: readonly (readonly [string, unknown, string])[] = [
    ["a lost lease: hands off", new LeaseLost("gone"), "lease_lost"],
    ["the program stops: given back", new ShuttingDown(), "released"],
    ["given up: dead", new GiveUp("checksum-mismatch", "sha512 differs"), "dead"],
    ["start over: sent to the first queue", new StartOver("staged file is gone"), "start_over"],
    ["retry later: retried", new RetryLater("still copying"), "retry"],
    [
      "no answer of OpenNebula: retried",
      new RpcTransportError("one.image.info", "ECONNREFUSED"),
      "retry",
    ],
    [
      "no space in OpenNebula: retried",
      new RpcFault("one.image.allocate", 2048, "Not enough space in datastore"),
      "retry",
    ],
    [
      "wrong password: retried",
      new RpcFault("one.user.info", 256, "User couldn't be authenticated"),
      "retry",
    ],
    [
      "refused by OpenNebula: dead",
      new RpcFault("one.image.allocate", 512, "Not authorized"),
      "dead",
    ],
    ["disk full: retried", systemError("ENOSPC"), "retry"],
    ["quota full: retried", systemError("EDQUOT"), "retry"],
    ["disk broken: retried", systemError("EIO"), "retry"],
    ["no descriptors left: retried", systemError("EMFILE"), "retry"],
    [
      "an error caused by a full disk: retried",
      new Error("qemu-img", { cause: systemError("ENOSPC") }),
      "retry",
    ],
    [
      "an error caused by giving up: dead",
      new Error("step", { cause: new GiveUp("x", "y") }),
      "dead",
    ],
    ["an error nobody foresaw: retried", new TypeError("x is not a function"), "retry"],
    ["what is no Error: retried", "text", "retry"],
  ];
  for (const [name, error, kind] of kinds) {
    it(name, () => assert.equal(outcomeOf(error, FIRST).kind, kind));
  }

  it("the code and the facts of who gave up go into the dead letter", () => {
    const error = new GiveUp("checksum-mismatch", "sha512 differs", { facts: { bytes: 7 } });
    assert.deepEqual(outcomeOf(error, FIRST), {
      kind: "dead",
      code: "checksum-mismatch",
      text: "sha512 differs",
      facts: { bytes: 7 },
    });
  });

  it("a refusal is dead as opennebula-refused, with method and code", () => {
    const outcome = outcomeOf(new RpcFault("one.image.chown", 512, "Not authorized", 42), FIRST);
    assert.ok(outcome.kind === "dead");
    assert.equal(outcome.code, "opennebula-refused");
    assert.deepEqual(outcome.facts, { method: "one.image.chown", code: 512, objectId: 42 });
  });

  it("Bug: the live image was deleted by hand while an update was about to retire it, and the update was given up. Fix: it looks again", () => {
    const gone = new RpcFault("one.image.update", 1024, "Error getting image [7].", 7);
    const outcome = outcomeOf(gone, FIRST);
    assert.ok(outcome.kind === "retry");
    assert.equal(outcome.afterSeconds, 1);
    assert.equal(outcomeOf(gone, { ...FIRST, attempt: 20 }).kind, "dead");
  });

  it("Bug: one failing stat of the datastore's driver made a dead letter. Fix: it is tried again, though not for ever", () => {
    const failed = new RpcFault("one.image.allocate", 8192, "[one.image.allocate] Internal error");
    assert.equal(outcomeOf(failed, FIRST).kind, "retry");
    assert.equal(outcomeOf(failed, { ...FIRST, attempt: 19 }).kind, "retry");
    const outcome = outcomeOf(failed, { ...FIRST, attempt: 20 });
    assert.ok(outcome.kind === "dead");
    assert.equal(outcome.code, "opennebula-refused");
  });

  it("an outage is retried for ever, more and more slowly", () => {
    let last = 0;
    for (let attempt = 1; attempt <= 1000; attempt += 1) {
      const outcome = outcomeOf(new RetryLater("down"), { ...FIRST, attempt });
      assert.ok(outcome.kind === "retry");
      assert.ok(outcome.afterSeconds >= last && outcome.afterSeconds <= 900);
      last = outcome.afterSeconds;
    }
    assert.equal(last, 900);
  });

  it("a step may say when; whole seconds, not at once, and not past the end of the longest lease", () => {
    const after = (afterSeconds: number) => {
      const outcome = outcomeOf(new RetryLater("copying", { afterSeconds }), {
        ...FIRST,
        attempt: 9,
      });
      return outcome.kind === "retry" ? outcome.afterSeconds : undefined;
    };
    assert.deepEqual([30, 2.1, 0, 86_400].map(after), [30, 3, 1, 1200]);
  });

  it("Bug: a rename that OpenNebula had not answered came after the next attempt, and nothing had the NAME. Fix: that attempt waits", () => {
    const error = new RpcTransportError("one.image.rename", "no answer", { mayComeLate: true });
    const outcome = outcomeOf(error, FIRST);
    assert.ok(outcome.kind === "retry");
    assert.equal(outcome.afterSeconds, 60);
  });

  it("an error nobody foresaw is dead at the twentieth attempt", () => {
    const bug = new TypeError("x is not a function");
    assert.equal(outcomeOf(bug, { ...FIRST, attempt: 19 }).kind, "retry");
    const outcome = outcomeOf(bug, { ...FIRST, attempt: 20 });
    assert.ok(outcome.kind === "dead");
    assert.equal(outcome.code, "unexpected-error");
  });

  it("a job starts over three times, then it is dead", () => {
    const error = new StartOver("gone again");
    assert.equal(outcomeOf(error, { ...FIRST, restarts: 2 }).kind, "start_over");
    const outcome = outcomeOf(error, { ...FIRST, restarts: 3 });
    assert.ok(outcome.kind === "dead");
    assert.equal(outcome.code, "started-over-too-often");
  });

  it("an error that is its own cause ends too", () => {
    const error = new Error("loop");
    error.cause = error;
    assert.equal(outcomeOf(error, FIRST).kind, "retry");
  });
});
