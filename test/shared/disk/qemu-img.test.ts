import assert from "node:assert/strict";
import { test } from "node:test";
import { progressOf } from "../../../functions/shared/disk/qemu-img.ts";

test("progress is read from pieces of a line that never ends", () => {
  assert.equal(progressOf("    (0.00/100%)\r"), 0);
  assert.equal(progressOf("\r    (1.02/100%)\r    (33.40/100%)\r    (34."), 33.4);
  assert.equal(progressOf("    (100.00/100%)\r\n"), 100);
});

test("a piece without a percentage says nothing", () => {
  assert.equal(progressOf("40/100%)\r"), undefined);
  assert.equal(progressOf(""), undefined);
});
