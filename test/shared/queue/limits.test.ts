import { strict as assert } from "node:assert";
import { test } from "node:test";
import * as fc from "fast-check";
import { storableJson, storableReason } from "../../../functions/shared/queue/limits.ts";

// Written out again on purpose: what AWS documents for SendMessage.
const takenBySqs = /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u;

const anyText = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
});

test("any JSON text means the same afterwards and has only characters that SQS takes", () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: "binary" }), anyText, (json, text) => {
      for (const body of [json, JSON.stringify({ [text]: text })]) {
        const storable = storableJson(body);
        assert.match(storable, takenBySqs);
        assert.deepEqual(JSON.parse(storable), JSON.parse(body));
      }
    }),
  );
});

test("any reason becomes text that SQS takes as an attribute: not empty and at most 1000 characters", () => {
  fc.assert(
    fc.property(anyText, fc.nat(2000), (text, times) => {
      const reason = { code: text, text: text.repeat(times), step: text, time: text, attempts: 1 };
      const { code, text: stored, step, time } = storableReason(reason);
      for (const part of [code, stored, step, time]) {
        assert.match(part, takenBySqs);
        assert.ok(part.length > 0 && part.length <= 1000);
      }
    }),
  );
});

test("a character that is cut in half at the limit is replaced", () => {
  const reason = { code: "c", text: `${"x".repeat(999)}😀`, step: "s", time: "t", attempts: 1 };
  assert.equal(storableReason(reason).text, `${"x".repeat(999)}\uFFFD`);
});
