import assert from "node:assert/strict";
import { it } from "node:test";
import { held } from "../../functions/reconcile/held.ts";

for (const [code, advice] of [
  ["format-mismatch", "cure that, then replay 7"],
  ["source-gone", "discard 7, then apply again"],
  [
    "checksum-mismatch",
    "vmcatcher_cache -s, and then an ordinary run of it, download and announce it anew; then discard 7",
  ],
] as const) {
  it(`a dead letter that holds a repair back says what helps: ${code}`, () => {
    const letter = { messageId: "7", function: "convert-image", code };
    const work = { underWay: () => undefined, deadLetter: () => letter };
    const lineage = { identifier: "U", images: [], live: undefined };
    const subject = { identifier: "U", digest: undefined, time: "", lineage };
    assert.deepEqual(held(subject, { work }), {
      kind: "blocked",
      why: `convert-image has given it up (${code}): ${advice}`,
    });
  });
}
