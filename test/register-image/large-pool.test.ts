import assert from "node:assert/strict";
import { it } from "node:test";
import { STATE } from "../../functions/shared/lineage/attributes.ts";
import { createChain, IDENTIFIER } from "../fakes/chain.ts";
import { LOCKED_AWAY, rightsOf } from "../fakes/rights.ts";

const OTHERS = 1200; // more than a page

it("updates in a large pool read it as a whole once, and end as in a small one", async (t) => {
  const chain = await createChain();
  t.after(() => chain.site.close());
  const { simulator } = chain.site;
  for (let at = 0; at < OTHERS; at++) {
    simulator.addImage({ name: `other ${at}` });
  }
  for (let version = 0; version < 3; version++) {
    await chain.pass(chain.available());
  }
  await chain.pass(chain.expired());
  const isOfAnIdRange = (end: unknown): boolean => end === 2 ** 31 - 1;
  const pools = simulator.calls().filter(({ method }) => method === "one.imagepool.info");
  assert.equal(pools.filter(({ args }) => !isOfAnIdRange(args.at(-1))).length, 2, "two pages");
  assert.ok(pools.filter(({ args }) => isOfAnIdRange(args.at(-1))).length > 5);
  const ours = (await chain.site.images()).filter(({ name }) => name.startsWith(IDENTIFIER));
  assert.deepEqual(
    ours.map((image) => [image.attributes.get(STATE), rightsOf(image)]),
    [
      ["expired", LOCKED_AWAY],
      ["superseded", LOCKED_AWAY],
      ["superseded", LOCKED_AWAY],
    ],
  );
});
