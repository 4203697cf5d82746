import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { CONFIRMED } from "../../functions/shared/lineage/attributes.ts";
import { createChain } from "../fakes/chain.ts";
import { forEachTest } from "../fakes/for-each-test.ts";

describe("which event counts", () => {
  const chain = forEachTest(createChain);

  it("S11: the same event twice, and the same content announced again, upload nothing", async () => {
    const job = chain.available();
    await chain.pass(job);
    const before = await chain.image();
    await chain.pass(job);
    const repeated = chain.available({ digest: job.digest });
    assert.equal((await chain.pass(repeated)).kind, "unchanged");
    const after = await chain.image();
    assert.equal(after.id, before.id);
    assert.equal((await chain.site.images()).length, 1);
    assert.equal(
      after.attributes.get(CONFIRMED),
      repeated.eventTime,
      "no older event can undo it now",
    );
  });

  it("an event that is older than what is live changes nothing", async () => {
    const late = chain.available();
    const before = await chain.publishedAndGiven();
    assert.equal((await chain.pass(late)).kind, "superseded");
    assert.deepEqual(await chain.image(), before);
    assert.equal((await chain.site.images()).length, 1);
  });

  it("content that vmcatcher does not endorse any more is not registered", async () => {
    const { cacheIndex } = chain;
    await writeFile(cacheIndex, "{}");
    assert.equal((await chain.pass(chain.available({ cacheIndex }))).kind, "superseded");
    assert.deepEqual(await chain.site.images(), []);
  });

  it("an index that is being written does not count against an event", async () => {
    const { cacheIndex } = chain;
    await writeFile(cacheIndex, '{"de355bfb');
    assert.equal((await chain.pass(chain.available({ cacheIndex }))).kind, "registered");
  });
});
