import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { encodeCall } from "../../../functions/shared/opennebula/codec.ts";
import { updateTemplate } from "../../../functions/shared/opennebula/template.ts";
import { decodeCall } from "../../fakes/opennebula/envelope-decode.ts";

const pieces = fc.constantFrom(
  "]]>",
  "<![CDATA[",
  "]]&gt;",
  "<",
  ">",
  "&",
  "]",
  "\n",
  "a title",
  "é",
);

/** What a reader as strict as OpenNebula's makes of it. */
function arrived(text: string): unknown {
  return decodeCall(encodeCall("one.image.update", [7, text])).params;
}

test("every text arrives as it was sent", () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const text = parts.join("");
      assert.deepEqual(arrived(text), [
        { type: "int", value: 7 },
        { type: "string", value: text },
      ]);
    }),
    { numRuns: 1000 },
  );
});

test("a template may empty several attributes at once", () => {
  const template = updateTemplate(
    new Map([
      ["VMCATCHER_ONE_STALE_SINCE", ""],
      ["VMCATCHER_ONE_EXPIRY_UNKNOWN_SINCE", ""],
    ]),
  );
  assert.deepEqual(arrived(template), [
    { type: "int", value: 7 },
    { type: "string", value: template },
  ]);
});
