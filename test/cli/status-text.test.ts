import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { statusText } from "../../functions/cli/status-text.ts";
import { identifierOverviews } from "../../functions/shared/overview/identifier-overview.ts";
import type { IdentifierOverview } from "../../functions/shared/overview/identifier-overview.ts";
import type { Overview } from "../../functions/shared/overview/overview.ts";
import type { Image } from "../../functions/shared/opennebula/opennebula.ts";
import { imageOf } from "../shared/overview/images.ts";

const quiet: Overview = {
  at: "2026-11-22T10:00:00.000Z",
  spool: { waiting: 0, bad: [] },
  queues: [],
  conversions: [],
  identifiers: [],
};

const withImages = (...images: Image[]): Overview => ({
  ...quiet,
  identifiers: identifierOverviews({ images, queues: [], conversions: [], endorsed: undefined }),
});

const idle: IdentifierOverview = {
  identifier: "U",
  pending: [],
  versions: [],
  endorsed: "unknown",
  inFlight: [],
  deadLetters: [],
  notes: [],
};

describe("status", () => {
  it("of a quiet site says that there is nothing", () => {
    assert.match(statusText(quiet), /IN FLIGHT\n {2}none\n\nDEAD LETTERS\n {2}none\n/);
  });

  it("shows where a job is, how far, how fast, and for how long still", () => {
    const work = {
      job: "j1",
      function: "convert-image",
      step: "converting",
      since: "2026-11-22T09:57:00.000Z",
      attempts: 2,
      percent: 41.27,
      bytesPerSecond: 12_340_000,
      secondsLeft: 65,
    };
    const text = statusText({ ...quiet, identifiers: [{ ...idle, inFlight: [work] }] });
    assert.match(text, /U +convert-image +converting +41\.3 % +12\.3 MB\/s +1 min +3 min +2 +j1\n/);
  });

  it("shows conversions also when OpenNebula, which knows the rest of the work, is away", () => {
    const progress = {
      jobId: "j1",
      identifier: "U",
      step: "converting",
      percent: 5,
      startedAt: "2026-11-22T09:57:00.000Z",
      updatedAt: "2026-11-22T09:57:00.000Z",
    };
    const text = statusText({
      ...quiet,
      conversions: [progress],
      identifiers: { error: "ECONNREFUSED" },
    });
    assert.match(text, /CONVERSIONS\n.*\n +U +converting +5\.0 %/);
    assert.match(text, /IMAGES\n {2}not available: ECONNREFUSED\n/);
  });

  it("shows owner, group, mode, state, VMs, version and age of the live image", () => {
    const image = imageOf({}, { STATE: "live", EVENT_TIME: "2026-11-20T10:00:00.000000000Z" });
    const version = ["VMCATCHER_EVENT_HV_VERSION", "1.7"] as const;
    const live = { ...image, attributes: new Map([...image.attributes, version]) };
    assert.match(statusText(withImages(live)), /U +7 +live +alice +vo +640 +READY +2 +1\.7 +2 d\n/);
  });

  it("shows the newest old versions under the live one, and how many more there are", () => {
    const old = [1, 2, 3, 4].map((id) =>
      imageOf({ id, name: `U_${id}` }, { STATE: "superseded", EVENT_TIME: `2026-0${id}` }),
    );
    const text = statusText(withImages(imageOf({}, { STATE: "live" }), ...old));
    assert.match(text, /live .*\n +U_4 +4 +superseded .*\n +U_3 +3 +superseded .*\n +U: 2 older/);
  });

  for (const [list, its] of [
    ["not endorsed", { endorsed: "no" }],
    ["awaited", { endorsed: "awaited" }],
    ["newer listed", { endorsed: "yes", current: false }],
    ["current", { endorsed: "yes", current: true }],
  ] as const) {
    it(`says how the live image stands to the list: ${list}`, () => {
      const { identifiers } = withImages(imageOf({}, { STATE: "live" }));
      assert.ok(Array.isArray(identifiers));
      const text = statusText({ ...quiet, identifiers: [{ ...identifiers[0], ...its }] });
      assert.match(text, new RegExp(`READY .* ${list}\n`));
    });
  }

  it("tells what is noted of an identifier", () => {
    const text = statusText(
      withImages(
        imageOf({}, { STATE: "live", STALE_SINCE: "T" }),
        imageOf({ id: 3, name: "x" }, { DISABLE: "pending", STATE: "superseded" }),
      ),
    );
    assert.match(text, /U +a newer version is due since T\n/);
    assert.match(text, /U +image 3 is to be disabled when free\n/);
  });

  it("tells what is unusual about the live image", () => {
    const live = imageOf({}, { STATE: "live", WARNINGS: "boot-disk-unknown ovf-size" });
    const text = statusText(withImages(live));
    assert.match(text, /U +boot-disk-unknown: nothing told which .* boots/);
    assert.match(text, /U +ovf-size: its OVF declares another length/);
  });

  it("lets no name, title or reason steer the terminal, end a line or turn it around", () => {
    const hostile = "\u001b[2J\u009b31m\n\u202ex";
    const letter = { id: "1", function: "f", identifier: hostile, code: "c", text: hostile };
    const text = statusText({
      ...withImages(imageOf({ name: hostile, uname: hostile }, { STATE: "live" })),
      queues: [{ name: "f", waiting: 0, inFlight: 0, dead: 1, deadLetters: [letter] }],
      spool: { error: hostile },
    });
    assert.equal(text.replaceAll("\n", "").search(/[\p{Cc}\p{Cf}]/u), -1);
    assert.ok(text.includes("?[2J?31m; ?x"));
    assert.equal(
      text.split("\n").length,
      statusText({
        ...withImages(imageOf({ name: "n", uname: "u" }, { STATE: "live" })),
        queues: [
          {
            name: "f",
            waiting: 0,
            inFlight: 0,
            dead: 1,
            deadLetters: [{ ...letter, identifier: "i", text: "t" }],
          },
        ],
        spool: { error: "e" },
      }).split("\n").length,
    );
  });

  it("shows the rest when a part cannot be asked", () => {
    const text = statusText({ ...quiet, queues: { error: "the file is locked" } });
    assert.match(text, /QUEUES\n {2}not available: the file is locked\n/);
    assert.match(text, /SPOOL\n {2}0 waiting, 0 bad\n/);
  });
});
