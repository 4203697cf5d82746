import assert from "node:assert/strict";
import { it } from "node:test";
import { DISABLE } from "../../../functions/shared/lineage/attributes.ts";
import { lockAway } from "../../../functions/shared/lineage/lock-away.ts";
import { createChain } from "../../fakes/chain.ts";
import { rightsOf } from "../../fakes/rights.ts";

it("Bug: an image in ERROR was noted as in use. Fix: it is closed, and its error stays to be seen", async () => {
  const chain = await createChain();
  try {
    const id = chain.site.simulator.addImage({ name: "x", state: "ERROR", mode: 0o640 });
    await lockAway(id, chain.deps, AbortSignal.timeout(5000));
    const image = await chain.image(id);
    assert.deepEqual(rightsOf(image), { uid: 0, gid: 0, mode: "700", state: "ERROR" });
    assert.equal(image.attributes.has(DISABLE), false);
  } finally {
    await chain.site.close();
  }
});
