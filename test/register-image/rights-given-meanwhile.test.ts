import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import type { Job } from "../../functions/job/job.ts";
import { handle as restore } from "../../functions/restore-permissions/handler.ts";
import { STATE } from "../../functions/shared/lineage/attributes.ts";
import type { Image } from "../../functions/shared/opennebula/opennebula.ts";
import { createChain, IDENTIFIER } from "../fakes/chain.ts";
import { forEachTest } from "../fakes/for-each-test.ts";
import { after, before } from "../fakes/meanwhile.ts";
import { rightsOf } from "../fakes/rights.ts";
import { attemptUntil } from "./attempt-until.ts";

/* Each of these was found by a schedule. */
describe("a job during which somebody gives rights", () => {
  const chain = forEachTest(createChain);
  let first: Image;
  beforeEach(async () => {
    first = await chain.publishedAndGiven();
  });

  it("Bug: rights given between the look at the old image and its renaming were lost. Fix: they are looked at once more", async () => {
    await chain.pass(chain.available(), openedBeforeRenaming());
    assert.deepEqual(rightsOf(await chain.image()), { ...rightsOf(first), mode: "604" });
  });

  /** Deps with which an administrator opens the old image to everybody, right before its renaming. */
  const openedBeforeRenaming = () =>
    before(chain.deps, "rename", (id, _name, patience) =>
      id === first.id ? chain.deps.opennebula.chmod(id, "604", patience) : undefined,
    );

  /** What another worker and an administrator do while an update is about to mark an image that has yet to get its rights. */
  const updateRestoredMeanwhile = async (
    meanwhile: (id: number) => Promise<void>,
  ): Promise<void> => {
    const message = await chain.passUntilRegistered(chain.available());
    const deps = before(chain.deps, "append", async (id, attributes, patience) => {
      if (attributes.get(STATE) === "superseded") {
        await restore(message, chain.deps, patience);
        await meanwhile(id);
      }
    });
    await chain.pass(chain.available(), deps);
  };

  it("Bug: rights given right after the restoration, between the look at the old image and its mark, were lost. Fix: it tells that it was restored", async () => {
    await updateRestoredMeanwhile((id) =>
      chain.site.oneadmin.chmod(id, "604", AbortSignal.timeout(5000)),
    );
    assert.deepEqual(rightsOf(await chain.image()), { ...rightsOf(first), mode: "604" });
  });

  it("does not take for an administrator's what another attempt has done to an image that was just restored", async () => {
    await updateRestoredMeanwhile((id) =>
      chain.site.oneadmin.chown(id, 0, 0, AbortSignal.timeout(5000)),
    );
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(first));
  });

  /** An attempt during which that happens; it ends after that renaming or after a later one. */
  const attemptUntilRenamed = async (job: Job, last: number): Promise<void> => {
    const deps = after(openedBeforeRenaming(), "rename", (id) => {
      assert.notEqual(id, last, "cut off");
    });
    await assert.rejects(chain.pass(job, deps), /cut off/);
  };

  for (const [where, last] of [
    ["the first", (old: number) => old],
    ["the second", (old: number) => old + 1],
  ] as const) {
    it(`Bug: rights given before the renaming were lost when the attempt ended after ${where} of the renames. Fix: the next one looks`, async () => {
      const job = chain.available();
      await attemptUntilRenamed(job, last(first.id));
      await attemptUntil(chain, job, "chmod"); // the old image is oneadmin's already, but not closed
      await chain.pass(job);
      assert.deepEqual(rightsOf(await chain.image()), { ...rightsOf(first), mode: "604" });
    });
  }

  it("Bug: rights given before the renaming were lost when an expiry was interrupted after it. Fix: the next attempt looks", async () => {
    const expired = chain.expired();
    await attemptUntilRenamed(expired, first.id);
    await attemptUntil(chain, expired, "chmod");
    await chain.pass(expired);
    await chain.pass(chain.available());
    assert.deepEqual(rightsOf(await chain.image()), { ...rightsOf(first), mode: "604" });
  });

  it("does not take for an administrator's what another attempt of the same job has done to the old image", async () => {
    const deps = after(chain.deps, "rename", (_id, name, patience) =>
      name === IDENTIFIER ? chain.deps.opennebula.chown(first.id, 0, 0, patience) : undefined,
    );
    await chain.pass(chain.available(), deps);
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(first));
  });

  it("Bug: rights were lost when an image expired while its own update wrote `live` on it. Fix: who has retired it counts", async () => {
    await chain.pass(chain.expired());
    const wroteLive = new Map([[STATE, "live"]]);
    await chain.site.oneadmin.append(first.id, wroteLive, AbortSignal.timeout(5000));
    await chain.pass(chain.available());
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(first));
  });
});
