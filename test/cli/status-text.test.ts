import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Status } from "../../functions/cli/status.ts";
import { statusText } from "../../functions/cli/status-text.ts";
import type { Image } from "../../functions/shared/opennebula/opennebula.ts";

const quiet: Status = {
  spool: { waiting: 0, bad: [] },
  queues: [],
  conversions: [],
  identifiers: new Map(),
};

const image = (attributes: Record<string, string>, changes: Partial<Image> = {}): Image => ({
  id: 7,
  name: "U",
  uid: 0,
  gid: 0,
  uname: "alice",
  source: "",
  gname: "vo",
  mode: "640",
  state: "READY",
  datastoreId: 1,
  datastore: "default",
  sizeMb: 4,
  runningVms: 2,
  registeredAt: 0,
  attributes: new Map(Object.entries(attributes)),
  ...changes,
});

describe("status", () => {
  it("of a quiet site says that there is nothing", () => {
    assert.match(statusText(quiet), /CONVERSIONS\n {2}none\n\nDEAD LETTERS\n {2}none\n/);
  });

  it("shows how far a conversion is", () => {
    const times = { startedAt: "2026-11-22T10:00:00.000Z", updatedAt: "2026-11-22T10:01:00.000Z" };
    const progress = { jobId: "j", identifier: "U", step: "convert", percent: 41.27, ...times };
    const text = statusText({ ...quiet, conversions: [progress] });
    assert.match(text, /U +41\.3 % +2026-11-22T10:00:00\.000Z +2026-11-22T10:01:00\.000Z/);
  });

  it("shows owner, mode, state, VMs and version of each image", () => {
    const images = [image({ VMCATCHER_ONE_STATE: "live" })];
    const text = statusText({ ...quiet, identifiers: new Map([["U", images]]) });
    assert.match(text, /7 +alice +vo +U +default +4M +640 +READY +2 +live\n/);
  });

  for (const [note, attributes, state] of [
    ["X1: a newer version is due since T", { VMCATCHER_ONE_STALE_SINCE: "T" }, "live"],
    ["kept: subscription unknown since T", { VMCATCHER_ONE_EXPIRY_UNKNOWN_SINCE: "T" }, "live"],
    ["to be disabled when free", { VMCATCHER_ONE_DISABLE: "pending" }, "superseded"],
  ] as const) {
    it(`tells an operator: ${note}`, () => {
      const images = [image({ ...attributes, VMCATCHER_ONE_STATE: state })];
      const text = statusText({ ...quiet, identifiers: new Map([["U", images]]) });
      assert.ok(text.includes(note.replace("X1: ", "")));
    });
  }

  it("says of a retired version no more that a newer one is due", () => {
    const images = [image({ VMCATCHER_ONE_STALE_SINCE: "T", VMCATCHER_ONE_STATE: "superseded" })];
    const text = statusText({ ...quiet, identifiers: new Map([["U", images]]) });
    assert.ok(!text.includes("due since"));
  });

  it("lets no name steer the terminal", () => {
    const images = [image({ VMCATCHER_ONE_STATE: "live" }, { name: "\u001b[2J\u009b31mU" })];
    const text = statusText({ ...quiet, identifiers: new Map([["U", images]]) });
    assert.ok(text.includes("?[2J?31mU"));
  });

  it("shows the rest when a part cannot be asked", () => {
    const text = statusText({ ...quiet, queues: { error: "the file is locked" } });
    assert.match(text, /QUEUES\n {2}not available: the file is locked\n/);
    assert.match(text, /SPOOL\n {2}0 waiting, 0 bad\n/);
  });
});
