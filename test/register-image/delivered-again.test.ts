import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, it } from "node:test";
import type { AvailableJob } from "../../functions/job/job.ts";
import { JOB, newImageAttributes, pendingName } from "../../functions/shared/lineage/attributes.ts";
import { createChain } from "../fakes/chain.ts";
import { forEachTest } from "../fakes/for-each-test.ts";
import { after } from "../fakes/meanwhile.ts";
import { attemptUntil } from "./attempt-until.ts";
import { sha512Digest } from "../../functions/job/digest.ts";

/* Each bug was found by a schedule. */
describe("a job that is delivered again when its image is live", () => {
  const chain = forEachTest(createChain);
  beforeEach(async () => {
    await chain.publishedAndGiven();
  });

  /** As an attempt does that had stood still, when its image is live already. */
  const allocateLate = (job: AvailableJob, file: { path: string } | { source: string }) =>
    chain.site.oneadmin.allocate(
      {
        name: pendingName(job),
        datastoreId: 1,
        attributes: newImageAttributes(job),
        ...("source" in file ? { ...file, format: "raw", sizeMb: 1 } : file),
      },
      AbortSignal.timeout(5000),
    );

  it("Bug: a second image that a late call had made of a job stayed pending for ever. Fix: the next delivery deletes it", async () => {
    const job = chain.available();
    await chain.pass(job);
    const { id } = await chain.image();
    const path = join(chain.site.config.stagingDirectory, "late");
    await writeFile(path, "content", { mode: 0o644 });
    const second = await allocateLate(job, { path });
    await chain.pass(job);
    assert.equal((await chain.image()).id, id);
    await chain.site.until("it is gone", (images) => images.every((image) => image.id !== second));
  });

  it("leaves a second image that has the disk of the first one", async () => {
    const job = chain.available();
    await chain.pass(job);
    const { id, source } = await chain.image();
    const second = await allocateLate(job, { source });
    await chain.pass(job);
    assert.equal((await chain.image()).id, id);
    assert.equal((await chain.image(second)).state, "READY");
  });

  it("Bug: a message that came twice took the NAME back which an administrator had changed. Fix: it leaves a live image alone", async () => {
    const job = chain.available();
    await chain.pass(job);
    const { id } = await chain.image();
    await chain.site.oneadmin.rename(id, "by-hand", AbortSignal.timeout(5000));
    assert.equal((await chain.pass(job)).kind, "registered");
    assert.equal((await chain.image(id)).name, "by-hand");
  });

  it("does not delete, when it counts no more, what another delivery has made live since it looked", async () => {
    const digest = sha512Digest("1".repeat(128));
    await chain.endorse(digest);
    const job = chain.available({ cacheIndex: chain.cacheIndex, digest });
    await attemptUntil(chain, job, "rename");
    const otherDelivery = async (): Promise<void> => {
      await chain.pass(job);
      await chain.endorse(sha512Digest("0".repeat(128)));
    };
    await chain.pass(job, after(chain.deps, "imagesOf", otherDelivery, 1)); // register-image has looked
    const { attributes, state } = await chain.image();
    assert.deepEqual([attributes.get(JOB), state], [job.id, "READY"]);
  });
});
