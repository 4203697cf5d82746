import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { Job } from "../../functions/capture-metadata/message.ts";
import { STATE } from "../../functions/shared/lineage/attributes.ts";
import type { OpenNebula } from "../../functions/shared/opennebula/opennebula.ts";
import { createChain, type Chain } from "../fakes/chain.ts";

/* A call whose answer was lost can take its effect much later: here the one that says `live` on an image after its restoration. */
describe("an image on which `live` is written when it has been renamed already", () => {
  let chain: Chain;
  beforeEach(async () => {
    chain = await createChain();
    await chain.pass(chain.available());
  });
  afterEach(() => chain.site.close());

  const signal = () => AbortSignal.timeout(10_000);
  /** @returns the state that the first image has in the end */
  const stateAfter = async (job: Job): Promise<string | undefined> => {
    const first = await chain.live();
    const { opennebula } = chain.deps;
    const rename: OpenNebula["rename"] = async (id, name, patience) => {
      await opennebula.rename(id, name, patience);
      if (id === first?.id) {
        await opennebula.append(id, new Map([[STATE, "live"]]), patience);
        throw new Error("cut off");
      }
    };
    const deps = { ...chain.deps, opennebula: { ...opennebula, rename } };
    await assert.rejects(chain.pass(job, deps), /cut off/);
    await chain.pass(job);
    const image = await chain.site.oneadmin.image(first?.id ?? -1, signal());
    assert.deepEqual([image?.uid, image?.mode, image?.state], [0, "700", "DISABLED"]);
    return image?.attributes.get(STATE);
  };

  it("Bug: stayed so for ever when its update was interrupted there. Fix: says superseded", async () => {
    assert.equal(await stateAfter(chain.available()), "superseded");
  });

  it("Bug: stayed so for ever when its expiry was interrupted there. Fix: says expired", async () => {
    assert.equal(await stateAfter(chain.expired()), "expired");
  });
});
