import assert from "node:assert/strict";
import { it } from "node:test";
import * as fc from "fast-check";
import { parseEntry } from "../../../functions/shared/spool/entry.ts";
import { GiveUp } from "../../../functions/shared/step/errors.ts";
import { AVAILABLE, entryBytes } from "../../enqueue-event/spool-sandbox.ts";

const END = Buffer.from("VMCATCHER_ONE_HOOK_TIME=1.000000000\0");

function parsed(...parts: readonly (string | Buffer)[]) {
  return parseEntry(Buffer.concat([...parts.map((part) => Buffer.from(part)), END]));
}

it("gives back whatever was recorded, the hook's own records apart", () => {
  const name = fc.stringMatching(/^VMCATCHER_EVENT_[A-Z0-9_]{1,20}$/);
  const value = fc
    .string({ unit: "grapheme", minLength: 1 })
    .filter((text) => !text.includes("\0") && text !== "None");
  fc.assert(
    fc.property(fc.dictionary(name, value), (variables) => {
      const { variables: read, hook } = parseEntry(
        entryBytes({ ...variables, VMCATCHER_ONE_HOOK_TIME: "1.000000000" }),
      );
      assert.deepEqual(Object.fromEntries(read), { ...variables });
      assert.deepEqual([...hook.keys()], ["VMCATCHER_ONE_HOOK_TIME"]);
    }),
  );
});

it("any bytes are an entry or refused, never anything else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        parseEntry(Buffer.concat([bytes, END]));
      } catch (error) {
        assert.ok(error instanceof GiveUp);
      }
    }),
  );
});

it("C1: None, as vmcatcher writes a JSON null, and an empty value are absent", () => {
  const { variables } = parsed(
    "VMCATCHER_EVENT_HV_FORMAT=None\0",
    "VMCATCHER_EVENT_VO=\0",
    "VMCATCHER_EVENT_SL_OS=Nonesuch\0",
  );
  assert.deepEqual([...variables], [["VMCATCHER_EVENT_SL_OS", "Nonesuch"]]);
});

it("E9: a byte that is not UTF-8 becomes U+FFFD, and the rest stays", () => {
  const { variables } = parsed("VMCATCHER_EVENT_DC_TITLE=a", Buffer.from([0xff]), "b é\0");
  assert.equal(variables.get("VMCATCHER_EVENT_DC_TITLE"), "a\uFFFDb é");
});

it("keeps newlines, equals signs and a byte order mark", () => {
  const { variables } = parsed("VMCATCHER_EVENT_DC_TITLE=\uFEFFa=b\nVMCATCHER_EVENT_VO=c\0");
  assert.deepEqual(
    [...variables],
    [["VMCATCHER_EVENT_DC_TITLE", "\uFEFFa=b\nVMCATCHER_EVENT_VO=c"]],
  );
});

it("refuses an entry that is cut off, wherever", () => {
  const whole = entryBytes(AVAILABLE);
  for (let length = 0; length < whole.length; length += 1) {
    assert.throws(
      () => parseEntry(whole.subarray(0, length)),
      isInvalid,
      `cut off after ${length} bytes`,
    );
  }
});

for (const record of [
  "PATH=/bin\0",
  "VMCATCHER_EVENT_VO\0",
  "=x\0",
  "\0",
  "\uFEFFVMCATCHER_EVENT_VO=x\0",
  "VMCATCHER_=x\0",
  "VMCATCHER_é=x\0",
]) {
  it(`refuses the record ${JSON.stringify(record)}`, () => {
    assert.throws(() => parsed(record), isInvalid);
  });
}

function isInvalid(error: unknown): boolean {
  return error instanceof GiveUp && error.code === "invalid-entry";
}
