import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { ago, bytes, duration, foreign, printable } from "../../functions/console/view/text.ts";

describe("text from outside", () => {
  it("never becomes markup, and hides nothing", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 300 }), async (text) => {
        const inner =
          /^<bdi>([^]*)<\/bdi>$/.exec(String(await foreign(text)))?.[1] ?? assert.fail();
        assert.doesNotMatch(inner, /[<>"']|&(?!(?:amp|lt|gt|quot|#39);)/);
        assert.doesNotMatch(inner, /[\p{Cc}\p{Cf}]/u);
      }),
    );
  });

  it("shows what would turn the direction of the text around, or cannot be seen", () => {
    assert.equal(
      printable("gpj.\u202Eexe\u2066\u0000\u200D"),
      "gpj.\u{FFFD}exe\u{FFFD}\u{FFFD}\u{FFFD}",
    );
  });

  it("is cut, and not in the middle of a character", () => {
    assert.equal(printable("x".repeat(10_000), 10), `${"x".repeat(10)}…`);
    assert.equal(printable("\u{1F600}".repeat(3), 3), "\u{1F600}\u{FFFD}…");
    assert.equal(printable("a\nb\tc"), "a b c");
  });
});

it("sizes and times are as short as a person says them", () => {
  assert.deepEqual([0, 1023, 1024, 4_831_838_208, 2 ** 50].map(bytes), [
    "0 B",
    "1023 B",
    "1.0 KiB",
    "4.5 GiB",
    "1024 TiB",
  ]);
  assert.deepEqual([-1, 59.4, 60, 3600, 12_000, 90_000].map(duration), [
    "0 s",
    "59 s",
    "1 min",
    "1 h",
    "3 h 20 min",
    "1 d",
  ]);
});

it("a time that is none is shown as it is", async () => {
  assert.equal(String(await ago("<soon>", "2026-11-22T18:00:00Z")), "<bdi>&lt;soon&gt;</bdi>");
});
