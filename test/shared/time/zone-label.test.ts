import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { zoneLabel } from "../../../functions/shared/time/zone-label.ts";
import { restoreTimeZone } from "../../fakes/time-zone.ts";

const ZONES = "/usr/share/zoneinfo";
const DATES = ["2026-01-15T12:00:00Z", "2026-07-15T12:00:00Z"].map((iso) => new Date(iso));

/** The zones of this machine that Node knows; those with leap seconds (`right/`) it does not. */
const zones = readdirSync(ZONES, { recursive: true, encoding: "utf8" }).filter(
  (name) => /^[A-Z]/.test(name) && isKnown(name),
);

function isKnown(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
}

/** What the C library says of all zones. */
function labelsOfDate(): readonly string[] {
  const script = 'for zone; do for at in $DATES; do TZ=$zone date -d "@$at" +%Z; done; done';
  const seconds = DATES.map((date) => date.getTime() / 1000).join(" ");
  const options = { env: { ...process.env, DATES: seconds }, encoding: "utf8" } as const;
  return execFileSync("sh", ["-c", script, "sh", ...zones], { ...options, timeout: 30_000 })
    .trimEnd()
    .split("\n");
}

describe("the label of a time zone", () => {
  restoreTimeZone();

  it("is what `date +%Z` prints, in each zone of this machine, in winter and in summer", () => {
    const expected = labelsOfDate();
    assert.ok(zones.length > 300);
    assert.equal(expected.length, zones.length * DATES.length);
    const told = (name: string, label: (nth: number, at: Date) => string | undefined) =>
      DATES.map((at, nth) => `${name} ${at.getMonth()} ${label(nth, at)}`);
    const ours = zones.flatMap((name) => {
      process.env["TZ"] = name;
      return told(name, (_, at) => zoneLabel(at));
    });
    const theirs = zones.flatMap((name, index) =>
      told(name, (nth) => expected[index * DATES.length + nth]),
    );
    assert.deepEqual(
      ours.filter((line) => !theirs.includes(line)),
      [],
    );
    assert.ok(ours.includes("Asia/Tokyo 0 JST") && ours.includes("America/Sao_Paulo 0 -03"));
  });

  for (const tz of ["/etc/passwd", ":Asia/Tokyo", "../../../etc/passwd", "No/Such", "", "JST-9"]) {
    it(`is always one that a name can have (TZ is '${tz}')`, () => {
      process.env["TZ"] = tz;
      assert.match(zoneLabel(new Date("2026-07-15T12:00:00Z")), /^(?:[A-Za-z]{2,6}|[+-]\d{2,4})$/);
    });
  }
});
