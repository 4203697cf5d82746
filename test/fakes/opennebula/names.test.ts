import assert from "node:assert/strict";
import { test } from "node:test";
import { nameProblem } from "./names.ts";

test("a NAME may have 128 bytes of UTF-8, not more", () => {
  assert.equal(nameProblem("é".repeat(64)), undefined);
  assert.equal(nameProblem("é".repeat(65)), "Invalid NAME, max length is 128 chars");
});

test("the characters that OpenNebula forbids are named, all others are allowed", () => {
  for (const char of "&|:\\\";/'#{}$<>\t\n\v\f\r") {
    assert.equal(nameProblem(`a${char}b`), `Invalid NAME, char '${char}' is not allowed`);
  }
  assert.equal(nameProblem("a ()[],=@+!~^*?%._-`é€"), undefined);
});

test("an empty NAME and one of blanks are refused", () => {
  for (const name of ["", " ", "   "]) {
    assert.equal(nameProblem(name), "Invalid NAME, it cannot be empty");
  }
});
