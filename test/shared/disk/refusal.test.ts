import assert from "node:assert/strict";
import { test } from "node:test";
import { quoted } from "../../../functions/shared/disk/refusal.ts";

test("a foreign name cannot forge a log line, move the cursor or turn the text around", () => {
  const shown = quoted("a\u001B[2J\nb\u0085c\u202Ed\u2028e\u007F");
  assert.equal(shown, String.raw`"a\u001b[2J\nb\u0085c\u202ed\u2028e\u007f"`);
});

test("a foreign name is cut", () => {
  assert.ok(quoted("x".repeat(10_000)).length < 130);
});
