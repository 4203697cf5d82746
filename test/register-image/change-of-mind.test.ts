import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { beforeEach, describe, it } from "node:test";
import { JOB, STATE, SUPERSEDED_BY } from "../../functions/shared/lineage/attributes.ts";
import type { Image } from "../../functions/shared/opennebula/opennebula.ts";
import { createChain } from "../fakes/chain.ts";
import { forEachTest } from "../fakes/for-each-test.ts";
import { LOCKED_AWAY, rightsOf } from "../fakes/rights.ts";
import { attemptUntil } from "./attempt-until.ts";
import { waits } from "./waits.ts";
import { sha512Digest } from "../../functions/job/digest.ts";

/* What an attempt has begun, when vmcatcher changes its mind before the next attempt. Each of these was found by a schedule. */
describe("a job during which vmcatcher changes its mind", () => {
  const chain = forEachTest(createChain);
  let first: Image;
  let cacheIndex: string;
  beforeEach(async () => {
    ({ cacheIndex } = chain);
    first = await chain.publishedAndGiven();
  });

  it("Bug: an image that was renamed but not yet locked away stayed open when the identifier was endorsed again. Fix: what is begun is ended", async () => {
    const expired = chain.expired({ cacheIndex });
    await attemptUntil(chain, expired, "chown");
    await chain.endorse(sha512Digest("0".repeat(128)));
    assert.equal((await chain.pass(expired)).kind, "superseded");
    assert.deepEqual(rightsOf(await chain.image(first.id)), LOCKED_AWAY);
  });

  it("Bug: an image that was only marked stayed marked when the identifier was endorsed again. Fix: it is live as before, with its rights", async () => {
    const expired = chain.expired({ cacheIndex });
    await attemptUntil(chain, expired, "rename");
    assert.equal((await chain.image()).attributes.get(STATE), "expired");
    await chain.endorse(sha512Digest("0".repeat(128)));
    await chain.pass(expired);
    const image = await chain.image();
    assert.equal(image.id, first.id);
    assert.deepEqual(rightsOf(image), rightsOf(first));
    assert.equal(image.attributes.get(STATE), "live");
    assert.equal(image.attributes.get(SUPERSEDED_BY), undefined);
  });

  it("Bug: such an image that a person had renamed was locked away. Fix: it is live as before, too", async () => {
    await chain.site.oneadmin.rename(first.id, "renamed by hand", AbortSignal.timeout(5000));
    const expired = chain.expired({ cacheIndex });
    await attemptUntil(chain, expired, "rename");
    await chain.endorse(sha512Digest("0".repeat(128)));
    await chain.pass(expired);
    const image = await chain.image(first.id);
    assert.deepEqual([image.name, image.attributes.get(STATE)], ["renamed by hand", "live"]);
    assert.deepEqual(rightsOf(image), rightsOf(first));
  });

  it("Bug: such an image was locked away under her name by the next attempt, and live again without its rights. Fix: gets its retired name first", async () => {
    await chain.site.oneadmin.rename(first.id, "renamed by hand", AbortSignal.timeout(5000));
    const expired = chain.expired({ cacheIndex });
    await attemptUntil(chain, expired, "rename");
    await attemptUntil(chain, expired, "enable");
    const job = chain.available({ cacheIndex });
    await chain.endorse(job.digest);
    assert.equal((await chain.pass(expired)).kind, "superseded");
    assert.deepEqual(rightsOf(await chain.image(first.id)), LOCKED_AWAY);
    await chain.pass(job);
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(first));
  });

  it("Bug: the same, when another image had taken its place: both were live. Fix: that one is", async () => {
    await chain.site.oneadmin.rename(first.id, "renamed by hand", AbortSignal.timeout(5000));
    const expired = chain.expired({ cacheIndex });
    await attemptUntil(chain, expired, "rename");
    const job = chain.available({ cacheIndex });
    await chain.endorse(job.digest);
    await chain.pass(job);
    await chain.pass(expired);
    assert.equal((await chain.image()).attributes.get(JOB), job.id);
    assert.deepEqual(rightsOf(await chain.image(first.id)), LOCKED_AWAY);
  });

  it("Bug: cut off between the renames, then another content endorsed: the identifier was left without an image. Fix: the swap is ended", async () => {
    const job = chain.available({ cacheIndex });
    await chain.endorse(job.digest);
    await attemptUntil(chain, job, "rename", 1);
    assert.equal(await chain.live(), undefined);
    await chain.endorse(sha512Digest("0".repeat(128)));
    assert.equal((await chain.pass(job)).kind, "registered");
    const image = await chain.image();
    assert.notEqual(image.id, first.id);
    assert.deepEqual(rightsOf(image), rightsOf(first));
  });

  it("Bug: the same, while a newer version waited that was not endorsed any more either: both ended. Fix: what only waits is no reason to", async () => {
    const job = chain.available({ cacheIndex });
    await chain.endorse(job.digest);
    await attemptUntil(chain, job, "rename", 1);
    const newer = chain.available({ cacheIndex });
    await chain.endorse(newer.digest);
    await attemptUntil(chain, newer, "image");
    await chain.endorse(sha512Digest("0".repeat(128)));
    assert.equal((await chain.pass(job)).kind, "registered");
    assert.equal((await chain.pass(newer)).kind, "superseded");
    const image = await chain.image();
    assert.equal(image.attributes.get(JOB), job.id);
    assert.deepEqual(rightsOf(image), rightsOf(first));
  });

  it("Bug: an expiry that was cut off, taken back and made again left the first image half locked away. Fix: ends that too", async () => {
    const expired = chain.expired({ cacheIndex });
    await attemptUntil(chain, expired, "enable");
    const job = chain.available({ cacheIndex });
    await chain.endorse(job.digest);
    await chain.pass(job);
    const { id } = await chain.image();
    await writeFile(cacheIndex, "{}");
    assert.equal((await chain.pass(expired)).kind, "expired");
    for (const image of [first.id, id]) {
      assert.deepEqual(rightsOf(await chain.image(image)), LOCKED_AWAY);
    }
  });

  it("Bug: an expiry before an update, between the renames of another one, made that one too old, and its image was deleted. Fix: it leaves no time", async () => {
    const job = chain.available();
    await attemptUntil(chain, job, "rename", 1);
    await chain.pass(chain.expired({ subscription: "subscribed" }));
    assert.equal((await chain.pass(job)).kind, "registered");
    assert.notEqual((await chain.image()).id, first.id);
  });

  it("Bug: an update that was interrupted between its renames left the old image open, and its rights to nobody, when the same content was announced again. Fix: that image is the last one, and is locked away", async () => {
    const digest = sha512Digest("1".repeat(128));
    await chain.endorse(digest);
    const job = chain.available({ cacheIndex, digest });
    await attemptUntil(chain, job, "rename", 1);
    await chain.pass(chain.available({ cacheIndex, digest }), waits(chain).deps);
    assert.equal((await chain.pass(job)).kind, "unchanged");
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(first));
    assert.deepEqual(rightsOf(await chain.image(first.id)), LOCKED_AWAY);
  });

  it("an image that is not retired after all hands on what it remembers until it is restored", async () => {
    await chain.passUntilRegistered(chain.available());
    const expired = chain.expired({ cacheIndex });
    await attemptUntil(chain, expired, "rename");
    await chain.endorse(sha512Digest("0".repeat(128)));
    await chain.passUntilRegistered(expired);
    await chain.pass(chain.available());
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(first));
  });
});
