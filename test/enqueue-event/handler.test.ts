import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { it } from "node:test";
import { parseEntry } from "../../functions/shared/spool/entry.ts";
import { handle } from "../../functions/enqueue-event/handler.ts";
import { silentLog } from "../../functions/shared/log/log.ts";
import {
  ENDORSEMENT,
  AVAILABLE,
  EXPIRED,
  IDENTIFIER,
  type Records,
  RecordingQueue,
  SHA512,
  SpoolSandbox,
  entryBytes,
} from "./spool-sandbox.ts";

async function sent(records: Records) {
  const queue = new RecordingQueue();
  await handle(
    parseEntry(entryBytes(records)),
    { queue, endorsement: ENDORSEMENT, log: silentLog },
    AbortSignal.timeout(1000),
  );
  const [message, job] = [queue.sent[0], queue.jobs[0]];
  assert.ok(message !== undefined && job !== undefined);
  return { message, job };
}

async function withIndex(entry: object): Promise<SpoolSandbox> {
  const sandbox = await SpoolSandbox.create();
  await writeFile(sandbox.path("cache.index"), JSON.stringify({ [IDENTIFIER]: entry }));
  return sandbox;
}

const HINTED = {
  sha512: SHA512,
  "dc:title": "The title of the index",
  "hv:image.dc:date:expires": "2499-12-31T22:00:00Z",
  "hv:image.hv:ram_minimum": 512,
  "hv:image.ad:ram_recommended": "1024",
  "hv:image.hv:core_minimum": "1",
  "hv:image.ad:core_recommended": null,
};

it("sends the job in the group of its image, under its own id", async () => {
  const { message, job } = await sent(AVAILABLE);
  assert.equal(message.group, IDENTIFIER);
  assert.equal(message.deduplicationId, job.id);
  assert.equal(job.event, "available");
});

it("adds what cache.index knows besides", async () => {
  await using sandbox = await withIndex(HINTED);
  const { job } = await sent({ ...AVAILABLE, VMCATCHER_CACHE_DIR_CACHE: sandbox.directory });
  const hints = Object.entries(job.attributes).filter(([name]) =>
    name.startsWith("VMCATCHER_ONE_"),
  );
  assert.deepEqual(Object.fromEntries(hints), {
    VMCATCHER_ONE_EXPIRES: "2499-12-31T22:00:00Z",
    VMCATCHER_ONE_RAM_MINIMUM: "512",
    VMCATCHER_ONE_RAM_RECOMMENDED: "1024",
    VMCATCHER_ONE_CORE_MINIMUM: "1",
  });
  assert.equal(job.event === "available" && job.title, AVAILABLE["VMCATCHER_EVENT_DC_TITLE"]);
});

it("takes the title of cache.index when the event has none", async () => {
  await using sandbox = await withIndex(HINTED);
  const untitled = {
    VMCATCHER_EVENT_DC_TITLE: "None",
    VMCATCHER_CACHE_DIR_CACHE: sandbox.directory,
  };
  const { job } = await sent({ ...AVAILABLE, ...untitled });
  assert.equal(job.event === "available" && job.title, "The title of the index");
});

it("takes nothing from an index that is about another version", async () => {
  await using sandbox = await withIndex({ ...HINTED, sha512: "cd".repeat(64) });
  const untitled = {
    VMCATCHER_EVENT_DC_TITLE: undefined,
    VMCATCHER_CACHE_DIR_CACHE: sandbox.directory,
  };
  const { job } = await sent({ ...AVAILABLE, ...untitled });
  assert.ok(!("title" in job));
  assert.ok(!("VMCATCHER_ONE_EXPIRES" in job.attributes));
});

it("does not need cache.index", async () => {
  assert.equal(
    (await sent({ ...AVAILABLE, VMCATCHER_CACHE_DIR_CACHE: "/nonexistent" })).job.identifier,
    IDENTIFIER,
  );
  assert.equal((await sent(EXPIRED)).job.event, "expired");
});
