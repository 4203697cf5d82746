import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { problemsOf } from "../../functions/console/problems.ts";
import { byStanding } from "../../functions/console/standing.ts";
import { SharedView } from "../../functions/console/shared-view.ts";
import { isUnavailable } from "../../functions/shared/overview/unavailable.ts";
import type { Overview } from "../../functions/shared/overview/overview.ts";
import {
  conversionOf,
  deadLetterOf,
  identifierOf,
  identifiersOf,
  overviewOf,
  queuesOf,
  troubledSite,
  versionsOf,
} from "./scenes.ts";

async function problems(given: Partial<Overview>): Promise<readonly string[]> {
  const seen = await new SharedView(async () => overviewOf(given)).latest();
  return problemsOf(seen).map(({ severity, text }) => `${severity}: ${text}`);
}

const imagesWith = (attributes: Readonly<Record<string, string>>) =>
  identifiersOf(versionsOf(1, { attributes }));

describe("what is wrong", () => {
  it("is nothing on a site that works", async () => {
    const busy = queuesOf({ "convert-image": { waiting: 2, inFlight: 1, oldestAgeSeconds: 9000 } });
    assert.deepEqual(await problems({ queues: busy, identifiers: imagesWith({}) }), []);
  });

  it("is each part that does not answer, with the reason", async () => {
    const error = "no answer in 10 s";
    assert.deepEqual(
      await problems({
        identifiers: { error },
        queues: { error },
        spool: { error },
        conversions: { error },
      }),
      [
        `error: OpenNebula does not answer: ${error}`,
        `error: The queue does not answer: ${error}`,
        `error: The spool cannot be read: ${error}`,
        `error: The progress of conversions cannot be read: ${error}`,
      ],
    );
  });

  it("is what lies where nobody takes it", async () => {
    const spool = { waiting: 1, oldest: "2026-11-22T17:50:00.000Z", bad: [] };
    const [first, second, ...others] = await problems({
      spool,
      queues: queuesOf({ "convert-image": { waiting: 2, oldestAgeSeconds: 301 } }),
    });
    assert.match(first ?? "", /^error: Events wait in the spool/);
    assert.match(second ?? "", /^error: Messages wait for convert-image/);
    assert.deepEqual(others, []);
    assert.deepEqual(
      await problems({
        spool: { ...spool, oldest: "2026-11-22T17:59:00.000Z" },
        queues: queuesOf({ "convert-image": { waiting: 2, oldestAgeSeconds: 299 } }),
      }),
      [],
    );
  });

  it("is told with errors before warnings", async () => {
    const { identifiers } = troubledSite();
    assert.deepEqual(
      await problems({
        identifiers,
        queues: queuesOf({ "convert-image": { deadLetters: [deadLetterOf()] } }),
        spool: { waiting: 0, bad: [{ name: "x", reason: "y" }] },
      }),
      [
        "error: 1 dead letter waits for a decision",
        "error: 1 event could not be understood",
        "warning: 1 image is not as vmcatcher wants",
      ],
    );
  });

  it("is an image that cannot be used, or is not as vmcatcher wants, but not one that is being worked on", async () => {
    const broken = identifiersOf(versionsOf(1, { live: { state: "ERROR" } }));
    assert.deepEqual(await problems({ identifiers: broken }), ["error: 1 image is in trouble"]);
    const due = { STALE_SINCE: "2026-10-02T04:10:00Z" };
    assert.deepEqual(await problems({ identifiers: imagesWith(due) }), [
      "warning: 1 image is not as vmcatcher wants",
    ]);
    const converting = identifiersOf(versionsOf(1, { attributes: due }), {
      conversions: [conversionOf({ identifier: identifierOf(1) })],
    });
    assert.deepEqual(await problems({ identifiers: converting }), []);
  });
});

describe("a doubtful image", () => {
  for (const code of ["unrecognised", "boot-disk-unknown"]) {
    it(`is to be looked at: ${code}`, async () => {
      const identifiers = imagesWith({ WARNINGS: `ovf-size ${code}` });
      assert.deepEqual(await problems({ identifiers }), ["warning: 1 image is doubtful"]);
      assert.equal(byStanding(identifiers)[0]?.standing, "attention");
    });
  }

  it("is not one of which only the OVF is odd", async () => {
    const identifiers = imagesWith({ WARNINGS: "ovf-size ovf-capacity ovf-prefix" });
    assert.deepEqual(await problems({ identifiers }), []);
    assert.equal(byStanding(identifiers)[0]?.standing, "live");
  });

  it("is counted also when it is not as vmcatcher wants", async () => {
    const identifiers = imagesWith({
      WARNINGS: "unrecognised",
      STALE_SINCE: "2026-10-02T04:10:00Z",
    });
    assert.deepEqual(await problems({ identifiers }), [
      "warning: 1 image is not as vmcatcher wants",
      "warning: 1 image is doubtful",
    ]);
  });
});

it("images are sorted by their standing, then by title", () => {
  const { identifiers } = troubledSite();
  assert.ok(!isUnavailable(identifiers));
  const sorted = byStanding(identifiers).map(({ standing, title }) => `${standing} ${title}`);
  assert.deepEqual(sorted.slice(0, 6), [
    "trouble AlmaLinux 9 GPU (CUDA 12)",
    "trouble Rocky Linux 9, minimal",
    "trouble Ubuntu 22.04 LTS, EGI",
    "attention Scientific Linux 7 (frozen)",
    "working Ubuntu 24.04 [Linux/QCOW2]",
    "live CentOS Stream 9 for ops",
  ]);
});
