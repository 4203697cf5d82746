import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import type { Job } from "../../functions/job/job.ts";
import { RetryLater } from "../../functions/shared/step/errors.ts";
import { EVENT_TIME, STATE, SUPERSEDED_BY } from "../../functions/shared/lineage/attributes.ts";
import type { Image } from "../../functions/shared/opennebula/opennebula.ts";
import { createChain, IDENTIFIER } from "../fakes/chain.ts";
import { forEachTest } from "../fakes/for-each-test.ts";
import { after, before } from "../fakes/meanwhile.ts";
import { LOCKED_AWAY, rightsOf } from "../fakes/rights.ts";
import { attemptUntil } from "./attempt-until.ts";
import { waits } from "./waits.ts";
import { sha512Digest } from "../../functions/job/digest.ts";

/* A broker that restarts delivers two jobs of one identifier at the same time. */
describe("an update that looked before another one took the NAME", () => {
  const chain = forEachTest(createChain);
  let first: Image;
  beforeEach(async () => {
    first = await chain.publishedAndGiven();
  });

  it("Bug: renamed the old image once more and took the NAME too, which two users can have at once. Fix: it looks after its mark, and its next attempt finds the other's image", async () => {
    const digest = sha512Digest("1".repeat(128));
    const { cacheIndex } = chain;
    await chain.endorse(digest);
    const other = chain.available({ cacheIndex, digest });
    const job = chain.available({ cacheIndex, digest });
    const deps = before(chain.deps, "append", async (_id, attributes) => {
      if (attributes.get(STATE) === "superseded") {
        await chain.pass(other, waits(chain).deps); // for longer than an attempt can last
      }
    });
    await assert.rejects(chain.pass(job, deps), RetryLater);
    assert.equal((await chain.pass(job)).kind, "unchanged");
    const images = await chain.site.until("the second image is gone", ({ length }) => length === 2);
    assert.equal(images.filter(({ name }) => name === IDENTIFIER).length, 1);
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(first));
    assert.deepEqual(rightsOf(await chain.image(first.id)), LOCKED_AWAY);
  });

  it("Bug: overtaken, it took its mark off the old image, which another one had marked and renamed since. Fix: it looks before", async () => {
    const job = chain.available();
    await attemptUntil(chain, job, "rename");
    const newer = chain.available();
    const update = () => chain.pass(newer, waits(chain).deps);
    const deps = after(chain.deps, "imagesOf", update, 1); // register-image has looked
    const overtaken = new Map([[EVENT_TIME, newer.eventTime]]);
    await chain.site.oneadmin.append(first.id, overtaken, signal());
    assert.equal((await chain.pass(job, deps)).kind, "superseded");
    const retired = await chain.image(first.id);
    assert.deepEqual(rightsOf(retired), LOCKED_AWAY);
    assert.equal(retired.attributes.get(STATE), "superseded");
  });

  it("Bug: an overtaken job took off the mark of another one late, and the old image said that it was live. Fix: who has renamed it says what it is", async () => {
    const job = chain.available();
    const deps = before(chain.deps, "rename", (id) =>
      id === first.id ? chain.site.oneadmin.append(id, unmarked, signal()) : undefined,
    );
    await chain.pass(job, deps);
    await isSupersededBy(job);
  });

  it("Bug: the same, when that one had long renamed it. Fix: the overtaken job looks afterwards", async () => {
    const { cacheIndex } = chain;
    const digest = sha512Digest("1".repeat(128));
    const expired = chain.expired({ cacheIndex });
    await attemptUntil(chain, expired, "rename");
    await chain.endorse(digest);
    const job = chain.available({ cacheIndex, digest });
    const deps = before(chain.deps, "append", () => chain.pass(job));
    assert.equal((await chain.pass(expired, deps)).kind, "superseded");
    await isSupersededBy(job);
  });

  it("Bug: the same, when the change came after its caller had given it up. Fix: the next attempt sees it", async () => {
    const expired = chain.expired({ cacheIndex: chain.cacheIndex });
    await attemptUntil(chain, expired, "rename");
    const job = chain.available();
    await chain.pass(job);
    await chain.site.oneadmin.append(first.id, unmarked, signal());
    await chain.endorse(job.digest);
    assert.equal((await chain.pass(expired)).kind, "superseded");
    await isSupersededBy(job);
  });

  it("Bug: its mark overwrote that of an expiry, and the rights of the old image were lost. Fix: as it ends, it says that the image expired", async () => {
    const job = chain.available();
    await assert.rejects(chain.pass(job, expiredBeforeItsMark()), RetryLater);
    assert.equal((await chain.pass(job)).kind, "superseded");
    await chain.pass(chain.available());
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(first));
  });

  it("Bug: the same, and its next attempt took the expired image for one that a person had renamed, and its 700 for a wish. Fix: by its name it is retired", async () => {
    const { cacheIndex } = chain;
    const job = chain.available({ cacheIndex });
    await assert.rejects(chain.pass(job, expiredBeforeItsMark()), RetryLater);
    await chain.endorse(job.digest);
    assert.equal((await chain.pass(job)).kind, "registered");
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(first));
  });

  /** Deps with which the old image expires right before an update marks it. */
  const expiredBeforeItsMark = () =>
    before(chain.deps, "append", (_id, attributes) =>
      attributes.has(SUPERSEDED_BY) ? chain.pass(chain.expired()) : undefined,
    );
  const signal = () => AbortSignal.timeout(5000);
  const unmarked = new Map([
    [STATE, "live"],
    [SUPERSEDED_BY, ""],
  ]);
  const isSupersededBy = async ({ id }: Job): Promise<void> => {
    const { attributes } = await chain.image(first.id);
    assert.deepEqual([attributes.get(STATE), attributes.get(SUPERSEDED_BY)], ["superseded", id]);
  };
});
