import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { RetryLater } from "../../functions/shared/step/errors.ts";
import { CONFIRMED, JOB, STATE } from "../../functions/shared/lineage/attributes.ts";
import type { Image, OpenNebula } from "../../functions/shared/opennebula/opennebula.ts";
import { createChain, type Chain } from "../fakes/chain.ts";
import { rightsOf } from "../fakes/rights.ts";

/* OpenNebula has no compare-and-set: what happens while it takes its time is seen afterwards, or not at all. */
describe("an update that a call of OpenNebula holds up", () => {
  let chain: Chain;
  let first: Image;
  beforeEach(async () => {
    chain = await createChain();
    first = await chain.publishedAndGiven();
  });
  afterEach(() => chain.site.close());

  const depsWith = (opennebula: Partial<OpenNebula>, elapsed: () => number): Chain["deps"] => ({
    ...chain.deps,
    clock: { ...chain.deps.clock, elapsed },
    opennebula: { ...chain.deps.opennebula, ...opennebula },
  });

  /** Deps whose first call of a kind takes five seconds, while which something happens. */
  const heldUp = (method: "append" | "rename", happens: () => Promise<unknown>): Chain["deps"] => {
    let elapsed = 0;
    const { opennebula } = chain.deps;
    const once = async (): Promise<void> => {
      if (elapsed === 0) {
        elapsed = 5000;
        await happens();
      }
    };
    const slow: Pick<OpenNebula, "append" | "rename"> = {
      append: (...call) => opennebula.append(...call).then(once),
      rename: (...call) => opennebula.rename(...call).then(once),
    };
    return depsWith({ [method]: slow[method] }, () => elapsed);
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
    let elapsed = 0;
    const { opennebula } = chain.deps;
    const rename: OpenNebula["rename"] = async (id, name, signal) => {
      if (elapsed === 0 && name === first.name) {
        elapsed = 5000;
        await happens();
      }
      await opennebula.rename(id, name, signal);
    };
    return depsWith({ rename }, () => elapsed);
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
