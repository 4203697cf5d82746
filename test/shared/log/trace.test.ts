import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTrace, isTrace, traceId } from "../../../functions/shared/log/trace.ts";

describe("trace", () => {
  it("is a valid traceparent, the same for the same seed", () => {
    const trace = createTrace("job 1");
    assert.match(trace, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    assert.ok(isTrace(trace));
    assert.equal(createTrace("job 1"), trace);
    assert.notEqual(traceId(createTrace("job 2")), traceId(trace));
  });

  it("tells its id", () => {
    assert.equal(
      traceId("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
      "0af7651916cd43dd8448eb211c80319c",
    );
  });

  for (const text of [
    "",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n",
    "00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01",
    `00-${"0".repeat(32)}-b7ad6b7169203331-01`,
    `00-0af7651916cd43dd8448eb211c80319c-${"0".repeat(16)}-01`,
    "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  ]) {
    it(`${JSON.stringify(text)} is none`, () => assert.equal(isTrace(text), false));
  }
});
