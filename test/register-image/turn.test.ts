import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { JOB, STATE } from "../../functions/shared/lineage/attributes.ts";
import { longestAttemptMs } from "../../functions/shared/lineage/confirmation.ts";
import type { Image, OpenNebula } from "../../functions/shared/opennebula/opennebula.ts";
import { createChain, IDENTIFIER } from "../fakes/chain.ts";
import { forEachTest } from "../fakes/for-each-test.ts";
import { after, before } from "../fakes/meanwhile.ts";
import { LOCKED_AWAY, rightsOf } from "../fakes/rights.ts";
import { attemptUntil } from "./attempt-until.ts";
import { waits } from "./waits.ts";
import { sha512Digest } from "../../functions/job/digest.ts";

/* A broker that restarts delivers two jobs of one identifier at the same time, or one job twice. */
describe("an update whose image was not the first to wait for the NAME", () => {
  const chain = forEachTest(createChain);
  let first: Image;
  beforeEach(async () => {
    first = await chain.publishedAndGiven();
  });

  /** Deps with which something happens before the second look of register-image, the one after the copy. */
  const beforeItsTurn = (happens: () => Promise<unknown>) =>
    before(chain.deps, "imagesOf", happens, 2); // capture-metadata has looked too

  it("Bug: two updates took the old image's place at once, and both images had the NAME. Fix: the image with the lower id goes first", async () => {
    const { opennebula } = chain.deps;
    const isAtWork = Promise.withResolvers<undefined>();
    const mayGoOn = Promise.withResolvers<undefined>();
    const named = async () => (await chain.site.images()).filter(({ name }) => name === IDENTIFIER);
    const rename: OpenNebula["rename"] = async (...call) => {
      isAtWork.resolve(undefined);
      await mayGoOn.promise;
      await opennebula.rename(...call);
      assert.ok((await named()).length < 2, "two images have the NAME");
    };
    const deps = { ...chain.deps, opennebula: { ...opennebula, rename } };
    const older = chain.pass(chain.available(), deps);
    await isAtWork.promise;
    const job = chain.available();
    const newer = chain.pass(job);
    await Promise.race([newer, sleep(1500)]);
    mayGoOn.resolve(undefined);
    await Promise.all([older, newer]);
    const images = await chain.site.images();
    const [live, ...others] = images.filter(({ name }) => name === IDENTIFIER);
    assert.deepEqual(others, []);
    assert.equal(live?.attributes.get(JOB), job.id);
    assert.deepEqual(rightsOf(live), rightsOf(first));
    assert.deepEqual(images.filter((image) => image !== live).map(rightsOf), [
      LOCKED_AWAY,
      LOCKED_AWAY,
    ]);
  });

  it("does not wait for ever: after the longest time that an attempt can take the other one has ended", async () => {
    const given = chain.available();
    await attemptUntil(chain, given, "append");
    const job = chain.available();
    const { waited, deps } = waits(chain);
    assert.equal((await chain.pass(job, deps)).kind, "registered");
    assert.ok(waited.milliseconds >= longestAttemptMs(chain.site.config));
    assert.equal((await chain.image()).attributes.get(JOB), job.id);
    assert.equal((await chain.pass(given)).kind, "superseded");
  });

  it("Bug: two that waited for the same image went at the same time. Fix: waits as long for each of the images in front of it", async () => {
    for (const job of [chain.available(), chain.available()]) {
      await attemptUntil(chain, job, "imagesOf", 2);
    }
    const { waited, deps } = waits(chain);
    assert.equal((await chain.pass(chain.available(), deps)).kind, "registered");
    assert.ok(waited.milliseconds >= 2 * longestAttemptMs(chain.site.config));
  });

  it("does not wait for a clone that somebody has made of an image before its rights were restored", async () => {
    const clone = {
      name: "a clone",
      path: join(chain.site.config.stagingDirectory, "clone.raw"),
      datastoreId: 1,
      attributes: new Map([...first.attributes, [STATE, "pending"]]),
    };
    await writeFile(clone.path, "disk", { mode: 0o644 });
    await chain.site.oneadmin.allocate(clone, AbortSignal.timeout(5000));
    const { waited, deps } = waits(chain);
    assert.equal((await chain.pass(chain.available(), deps)).kind, "registered");
    assert.ok(waited.milliseconds < longestAttemptMs(chain.site.config));
  });

  it("Bug: acted on an answer that had been long on its way. Fix: looks again", async () => {
    const job = chain.available();
    let elapsed = 0;
    const clock = { ...chain.deps.clock, elapsed: () => elapsed };
    const update = async (): Promise<void> => {
      await chain.pass(chain.available(), waits(chain).deps);
      elapsed += 5000;
    };
    const deps = after({ ...chain.deps, clock }, "imagesOf", update, 2);
    assert.equal((await chain.pass(job, deps)).kind, "superseded");
  });

  it("Bug: took the NAME with an image that another attempt had made live, and a newer version had replaced. Fix: it has ended", async () => {
    const { cacheIndex } = chain;
    const digest = sha512Digest("1".repeat(128));
    const next = sha512Digest("2".repeat(128));
    await chain.endorse(digest);
    const job = chain.available({ cacheIndex, digest });
    const deps = beforeItsTurn(async () => {
      await chain.pass(job);
      await chain.endorse(next);
      await chain.pass(chain.available({ cacheIndex, digest: next }));
      await chain.endorse(digest);
    });
    assert.equal((await chain.pass(job, deps)).kind, "superseded");
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(first));
  });

  it("Bug: replaced an image of the same content that another update had made live meanwhile. Fix: confirms it", async () => {
    const { cacheIndex } = chain;
    const digest = sha512Digest("1".repeat(128));
    await chain.endorse(digest);
    const other = chain.available({ cacheIndex, digest });
    const job = chain.available({ cacheIndex, digest });
    const deps = beforeItsTurn(() => chain.pass(other, waits(chain).deps));
    await assert.rejects(chain.pass(job, deps), /holds this content/);
    assert.equal((await chain.pass(job)).kind, "unchanged");
    assert.equal((await chain.image()).attributes.get(JOB), other.id);
  });
});
