import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { printable, printableLines } from "../../../functions/shared/log/printable.ts";

describe("foreign text for a terminal", () => {
  it("Bug: question marks stood between the lines of a reason. Fix: semicolons", () => {
    const reason = "what: a\nwhere: b\r\n\n  what to do: c\n";
    assert.equal(printable(reason), "what: a; where: b; what to do: c");
  });

  it("keeps its indentation", () => assert.equal(printable("    do: a\nb"), "    do: a; b"));

  it("shows what steers a terminal as a question mark", () => {
    assert.equal(printable("a\u001b[2J\u202eb\u2028c\td"), "a?[2J?b?c?d");
  });

  it("keeps the lines of a text that has some", () => {
    assert.equal(printableLines("a\n  b\u0007"), "a\n  b?");
  });
});
