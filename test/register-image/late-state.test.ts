import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import type { Job } from "../../functions/job/job.ts";
import { STATE } from "../../functions/shared/lineage/attributes.ts";
import { createChain } from "../fakes/chain.ts";
import { forEachTest } from "../fakes/for-each-test.ts";
import { after } from "../fakes/meanwhile.ts";
import { LOCKED_AWAY, rightsOf } from "../fakes/rights.ts";

/* A call whose answer was lost can take its effect much later: here the one that says `live` on an image after its restoration. */
describe("an image on which `live` is written when it has been renamed already", () => {
  const chain = forEachTest(createChain);
  beforeEach(async () => {
    await chain.pass(chain.available());
  });

  /** @returns the state that the first image has in the end */
  const stateAfter = async (job: Job): Promise<string | undefined> => {
    const first = await chain.image();
    const deps = after(chain.deps, "rename", async (id, _name, patience) => {
      if (id === first.id) {
        await chain.deps.opennebula.append(id, new Map([[STATE, "live"]]), patience);
        throw new Error("cut off");
      }
    });
    await assert.rejects(chain.pass(job, deps), /cut off/);
    await chain.pass(job);
    const image = await chain.image(first.id);
    assert.deepEqual(rightsOf(image), LOCKED_AWAY);
    return image.attributes.get(STATE);
  };

  it("Bug: stayed so for ever when its update was interrupted there. Fix: says superseded", async () => {
    assert.equal(await stateAfter(chain.available()), "superseded");
  });

  it("Bug: stayed so for ever when its expiry was interrupted there. Fix: says expired", async () => {
    assert.equal(await stateAfter(chain.expired()), "expired");
  });
});
