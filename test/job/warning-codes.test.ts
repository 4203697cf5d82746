import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { convertedSchema } from "../../functions/job/artifact.ts";
import { warningCodesIn, warningCodesText } from "../../functions/job/warning-codes.ts";
import { jobFor } from "../convert-image/job.ts";

describe("codes of warnings", () => {
  const artifact = { path: "/staging/x.raw", format: "raw", sizeBytes: 512, virtualSizeBytes: 512 };
  const parsed = (its: object) =>
    convertedSchema.safeParse({
      job: jobFor("/staging/pin-1", { sha512: "a".repeat(128) }),
      unchanged: false,
      artifact: { ...artifact, ...its },
    });

  it("are none in a message of the version before", () => {
    assert.deepEqual(parsed({}).data?.artifact?.warnings, []);
  });

  it("travel in a message, also those that this version does not know", () => {
    const warnings = ["ovf-size", "of-tomorrow"];
    assert.deepEqual(parsed({ warnings }).data?.artifact?.warnings, warnings);
  });

  it("are no foreign text", () => {
    for (const code of ["", "a b", "a,b", "</TEMPLATE>", "x".repeat(65)]) {
      assert.equal(parsed({ warnings: [code] }).success, false, code);
    }
  });

  it("are read as they were written", () => {
    const code = fc.stringMatching(/^[a-z0-9-]{1,64}$/);
    fc.assert(
      fc.property(fc.uniqueArray(code), (codes) => {
        assert.deepEqual(warningCodesIn(warningCodesText(codes)), codes);
      }),
    );
  });

  it("are read from a text that a person has changed, and nothing else of it", () => {
    assert.deepEqual(warningCodesIn(" ovf-size,,ovf-size\n<b> unrecognised "), ["ovf-size", "unrecognised"]); // prettier-ignore
    assert.deepEqual(warningCodesIn(""), []);
  });
});
