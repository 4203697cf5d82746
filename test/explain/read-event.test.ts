import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readEvent } from "../../functions/explain/read-event.ts";
import { jobOf } from "../../functions/shared/spool/job-of.ts";

const AT = new Date("2026-11-22T10:00:00.123Z");

const event = (text: string) => readEvent(Buffer.from(text), AT);

describe("an event in a file", () => {
  it("may be VMCATCHER_* lines as env prints them, which count as an event of now", () => {
    const job = jobOf(
      event(`PATH=/bin
VMCATCHER_EVENT_TYPE=AvailablePostfix
export VMCATCHER_EVENT_DC_IDENTIFIER=U
VMCATCHER_EVENT_SL_CHECKSUM_SHA512=${"a".repeat(128)}
VMCATCHER_EVENT_HV_FORMAT=None
VMCATCHER_EVENT_DC_TITLE=a = b
VMCATCHER_CACHE_DIR_CACHE=/cache
`),
    );
    assert.ok(job.event === "available");
    assert.deepEqual(
      [job.identifier, job.eventTime, job.title, job.cacheIndex],
      ["U", "2026-11-22T10:00:00.123000000Z", "a = b", "/cache/cache.index"],
    );
    assert.deepEqual(job.source, { path: "/cache/U", pinned: false, format: undefined });
  });

  it("may say what the hook found", () => {
    const job = jobOf(
      event(
        "VMCATCHER_EVENT_TYPE=ExpirePostfix\nVMCATCHER_EVENT_DC_IDENTIFIER=U\nVMCATCHER_ONE_HOOK_SUBSCRIPTION=gone\n",
      ),
    );
    assert.ok(job.event === "expired");
    assert.equal(job.subscription, "gone");
  });

  it("may be an entry of the spool, which must be whole", () => {
    const { variables, hook } = event(
      "VMCATCHER_EVENT_TYPE=ExpirePostfix\0VMCATCHER_ONE_HOOK_TIME=1.000000000\0",
    );
    assert.deepEqual([variables.size, hook.size], [1, 1]);
    assert.throws(() => event("VMCATCHER_EVENT_TYPE=ExpirePostfix\0VMCATCHER_ONE"), /cut off/);
  });
});
