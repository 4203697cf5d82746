import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { IDENTIFIER } from "../../../functions/job/identifier.ts";
import {
  isRenamed,
  retiredName,
  timestamp,
} from "../../../functions/shared/lineage/retired-name.ts";
import { restoreTimeZone } from "../../fakes/time-zone.ts";

const OTHERWISE = {
  supersededName: "old {identifier}, {timestamp}",
  expiredName: "gone {timestamp}",
};

describe("retired name", () => {
  restoreTimeZone();

  for (const [tz, iso, expected] of [
    ["Europe/Madrid", "2014-06-04T10:54:44Z", "2014-06-04_12-54-44_+0200-CEST"],
    ["Europe/Madrid", "2026-11-22T09:17:27Z", "2026-11-22_10-17-27_+0100-CET"],
    ["UTC", "2026-11-22T09:17:27Z", "2026-11-22_09-17-27_+0000-UTC"],
    ["America/New_York", "2026-07-01T00:30:00Z", "2026-06-30_20-30-00_-0400-EDT"],
    ["Asia/Kolkata", "2026-07-01T00:00:00Z", "2026-07-01_05-30-00_+0530-IST"],
    ["Asia/Tokyo", "2026-07-01T00:00:00Z", "2026-07-01_09-00-00_+0900-JST"],
    ["Asia/Kathmandu", "2026-07-01T00:00:00Z", "2026-07-01_05-45-00_+0545-+0545"],
    ["Europe/Dublin", "2040-07-01T00:00:00Z", "2040-07-01_01-00-00_+0100-IST"],
  ] as const) {
    it(`S16: the timestamp is local time with the label of the same zone (${tz})`, () => {
      process.env["TZ"] = tz;
      assert.equal(timestamp(new Date(iso)), expected);
    });
  }

  for (const tz of [
    "UTC",
    "Europe/Madrid",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Pacific/Guam",
  ]) {
    for (const pattern of ["{identifier}_{timestamp}", "{timestamp} of {identifier}, old"]) {
      it(`is known again, and no other is taken for it (${pattern}, ${tz})`, () => {
        process.env["TZ"] = tz;
        const name = retiredName(pattern, "a-b", new Date("2026-11-22T09:17:27Z"));
        const others = ["a-b", "by-hand", `x${name}`, retiredName(pattern, "c", new Date(0))];
        const attributes = new Map([[IDENTIFIER, "a-b"]]);
        const isKnown = (one: string) =>
          [{ supersededName: pattern }, { expiredName: pattern }].every((config) =>
            isRenamed({ name: one, attributes }, { ...OTHERWISE, ...config }),
          );
        assert.ok([name, `${name}_7`].every(isKnown));
        assert.ok(!others.some(isKnown));
      });
    }
  }

  it("a zone without letters is labelled by its offset, as `date` does", () => {
    process.env["TZ"] = "America/Sao_Paulo";
    assert.equal(timestamp(new Date("2026-11-22T09:17:27Z")), "2026-11-22_06-17-27_-0300--03");
  });

  it("names that an older build has given are known too", () => {
    const attributes = new Map([[IDENTIFIER, "a"]]);
    const config = { ...OTHERWISE, supersededName: "{identifier}_{timestamp}" };
    const name = "a_2026-11-22_06-17-27_-0300--0300";
    assert.ok(isRenamed({ name, attributes }, config));
  });

  it("the pattern takes an identifier as it is", () => {
    process.env["TZ"] = "UTC";
    const at = new Date("2026-11-22T09:17:27Z");
    assert.equal(
      retiredName("{identifier} {timestamp}", "$&", at),
      "$& 2026-11-22_09-17-27_+0000-UTC",
    );
    assert.equal(
      retiredName("{identifier}_EXPIRED_{timestamp}", "u", at),
      "u_EXPIRED_2026-11-22_09-17-27_+0000-UTC",
    );
  });
});
