import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { RetryLater } from "../../functions/shared/step/errors.ts";
import { CONFIRMED, JOB, STATE } from "../../functions/shared/lineage/attributes.ts";
import type { Image } from "../../functions/shared/opennebula/opennebula.ts";
import { createChain, type Chain } from "../fakes/chain.ts";
import { forEachTest } from "../fakes/for-each-test.ts";
import { after, before } from "../fakes/meanwhile.ts";
import { rightsOf } from "../fakes/rights.ts";

/* OpenNebula has no compare-and-set: what happens while it takes its time is seen afterwards, or not at all. */
describe("an update that a call of OpenNebula holds up", () => {
  const chain = forEachTest(createChain);
  let first: Image;
  beforeEach(async () => {
    first = await chain.publishedAndGiven();
  });

  /** Deps by a clock that `happens` sets forward by five seconds, the first time that it is called. */
  const slow = (happens: () => Promise<unknown>) => {
    let elapsed = 0;
    const deps = { ...chain.deps, clock: { ...chain.deps.clock, elapsed: () => elapsed } };
    const once = async (): Promise<void> => {
      if (elapsed === 0) {
        elapsed = 5000;
        await happens();
      }
    };
    return { deps, once };
  };

  /** Deps whose first call of a kind takes five seconds, while which something happens. */
  const heldUp = (method: "append" | "rename", happens: () => Promise<unknown>): Chain["deps"] => {
    const { deps, once } = slow(happens);
    return after(deps, method, once);
  };

  it("Bug: took the place of an image that was confirmed while it was renamed. Fix: looks after a long rename, and the image has the NAME again", async () => {
    const job = chain.available();
    const confirmed = new Map([[CONFIRMED, chain.available().eventTime]]);
    const deps = heldUp("rename", () =>
      chain.site.oneadmin.append(first.id, confirmed, AbortSignal.timeout(5000)),
    );
    await assert.rejects(chain.pass(job, deps), RetryLater);
    assert.equal((await chain.image()).id, first.id);
    assert.equal((await chain.pass(job)).kind, "superseded");
    const image = await chain.image();
    assert.deepEqual([image.id, image.attributes.get(STATE)], [first.id, "live"]);
    assert.deepEqual(rightsOf(image), rightsOf(first));
  });

  it("Bug: gave the NAME to its image again, which another attempt had made live, and which had expired since. Fix: looks at that one, too", async () => {
    const job = chain.available();
    const deps = heldUp("rename", async () => {
      await chain.pass(job);
      await chain.pass(chain.expired());
    });
    await assert.rejects(chain.pass(job, deps), RetryLater);
    assert.equal(await chain.live(), undefined);
  });

  /** Deps with which an image takes the NAME five seconds after that was asked, while which something happens. */
  const takenLate = (happens: () => Promise<unknown>): Chain["deps"] => {
    const { deps, once } = slow(happens);
    return before(deps, "rename", (_id, name) => (name === first.name ? once() : undefined));
  };

  const nextUpdate = (): Promise<unknown> => chain.pass(chain.available());
  const expiry = (): Promise<unknown> => chain.pass(chain.expired());
  for (const [what, happens] of Object.entries({
    replaced: nextUpdate,
    expired: expiry,
    "replaced and expired": () => nextUpdate().then(expiry),
  })) {
    it(`Bug: its image had the NAME again, once another attempt had made it live and it was ${what}. Fix: looks after a long rename, and gives it back`, async () => {
      const job = chain.available();
      let retired: Image | undefined;
      let live: Image | undefined;
      const deps = takenLate(async () => {
        await chain.pass(job);
        await happens();
        live = await chain.live();
        const images = await chain.deps.opennebula.imagesOf(first.name, AbortSignal.timeout(5000));
        retired = images.find(({ attributes }) => attributes.get(JOB) === job.id);
      });
      await assert.rejects(chain.pass(job, deps), RetryLater);
      assert.equal((await chain.live())?.id, live?.id);
      assert.ok(retired !== undefined);
      const { name, uid, mode, state } = await chain.image(retired.id);
      const { name: before } = retired;
      assert.deepEqual([name, uid, mode, state], [before, 0, "700", "DISABLED"]);
    });
  }

  it("takes the NAME all the same when nothing has happened to it", async () => {
    const job = chain.available();
    const deps = takenLate(() => Promise.resolve());
    assert.equal((await chain.pass(job, deps)).kind, "registered");
    assert.equal((await chain.image()).attributes.get(JOB), job.id);
  });

  it("renames it all the same when nothing has happened to it", async () => {
    const job = chain.available();
    const deps = heldUp("rename", () => Promise.resolve());
    assert.equal((await chain.pass(job, deps)).kind, "registered");
    assert.equal((await chain.image()).attributes.get(JOB), job.id);
  });

  it("Bug: marked an image as superseded that had expired meanwhile, whose rights then were nobody's. Fix: looks again first", async () => {
    const job = chain.available();
    const deps = heldUp("append", () => chain.pass(chain.expired()));
    await assert.rejects(chain.pass(job, deps), RetryLater);
    assert.equal((await chain.image(first.id)).attributes.get(STATE), "expired");
    assert.equal((await chain.pass(job)).kind, "superseded");
    await chain.pass(chain.available());
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(first));
  });
});
