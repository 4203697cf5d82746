import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { Job } from "../../functions/job/job.ts";
import { STATE } from "../../functions/shared/lineage/attributes.ts";
import type { Image, OpenNebula } from "../../functions/shared/opennebula/opennebula.ts";
import { createChain, IDENTIFIER, type Chain } from "../fakes/chain.ts";
import { rightsOf } from "../fakes/rights.ts";

/* Each of these was found by a schedule. */
describe("an expiry beside an announcement", () => {
  let chain: Chain;
  let first: Image;
  beforeEach(async () => {
    chain = await createChain();
    first = await chain.publishedAndGiven();
  });
  afterEach(() => chain.site.close());

  it("Bug: an expiry that found nothing to expire left no trace, so an older announcement that came late was registered. Fix: it leaves its time", async () => {
    await chain.pass(chain.expired());
    const late = chain.available();
    assert.equal((await chain.pass(chain.expired())).kind, "nothing-to-expire");
    assert.equal((await chain.pass(late)).kind, "superseded");
    assert.equal(await chain.live(), undefined);
  });

  /** An older announcement that takes the NAME while an expiry is at work, which has looked before. */
  const announceWhile = (meanwhile: (takeName: () => Promise<void>) => Promise<void>) => {
    const { opennebula } = chain.deps;
    const job = chain.available();
    const rename: OpenNebula["rename"] = async (id, name, patience) => {
      const takeName = () => opennebula.rename(id, name, patience);
      await (name === IDENTIFIER ? meanwhile(takeName) : takeName());
    };
    return chain.pass(job, { ...chain.deps, opennebula: { ...opennebula, rename } });
  };

  for (const [what, hasLive] of [
    ["nothing was live", false],
    ["the old image had been renamed already", true],
  ] as const) {
    it(`Bug: an announcement took the NAME right after an expiry, to which ${what}. Fix: it finds the expiry's time on its image`, async () => {
      if (!hasLive) {
        await chain.pass(chain.expired());
      }
      await announceWhile(async (takeName) => {
        await chain.pass(chain.expired());
        await takeName();
      });
      assert.equal(await chain.live(), undefined);
      for (const { mode, uid } of (await chain.site.images()).filter(
        ({ state }) => state !== "DELETE",
      )) {
        assert.deepEqual([uid, mode], [0, "700"]);
      }
    });
  }

  it("hands on its rights when its own job has retired it in the name of an expiry, whatever was written on it late", async () => {
    await announceWhile(async (takeName) => {
      await chain.pass(chain.expired());
      await takeName();
    });
    const [retired] = await chain.site.images(); // the newest
    const late = new Map([[STATE, "live"]]);
    await chain.site.oneadmin.append(retired?.id ?? -1, late, AbortSignal.timeout(5000));
    await chain.pass(chain.available());
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(first));
  });

  it("Bug: an expiry did not see the announcement that took the NAME beside it. Fix: it looks again, and its next attempt retires the image", async () => {
    await chain.pass(chain.expired());
    let expired: Job | undefined;
    await announceWhile(async (takeName) => {
      expired = chain.expired();
      const { opennebula } = chain.deps;
      const append: OpenNebula["append"] = async (...call) => {
        await opennebula.append(...call);
        await takeName();
      };
      const deps = { ...chain.deps, opennebula: { ...opennebula, append } };
      await assert.rejects(chain.pass(expired, deps), /was at work meanwhile/);
    });
    assert.ok(expired);
    await chain.pass(expired);
    assert.equal(await chain.live(), undefined);
  });
});
