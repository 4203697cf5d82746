import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { describe, it } from "node:test";
import type { AvailableJob } from "../../functions/job/job.ts";
import { JOB } from "../../functions/shared/lineage/attributes.ts";
import { eventTime } from "../../functions/shared/lineage/lineage.ts";
import { createChain, IDENTIFIER } from "../fakes/chain.ts";
import { forEachTest } from "../fakes/for-each-test.ts";

const TOMORROW = "2026-11-23T10:00:00.000000000Z";

/*
 * Bug: a version that was announced while vmcatcher's clock was ahead made every event after the correction look old: the
 * next version ended as superseded, and vmcatcher never announces it again. Fix: vmcatcher's index, where it can be read,
 * says what is right, whatever the times.
 */
describe("when vmcatcher's clock was ahead and was put right", () => {
  const chain = forEachTest(createChain);

  const announced = (given: Partial<AvailableJob> = {}) =>
    chain.available({ cacheIndex: chain.cacheIndex, ...given });
  const publishedTomorrow = async () => {
    const job = announced({ eventTime: TOMORROW });
    await chain.endorse(job.digest);
    assert.equal((await chain.pass(job)).kind, "registered");
    return job;
  };

  it("the next version takes the place of the one from the future", async () => {
    const old = await publishedTomorrow();
    const next = announced();
    await chain.endorse(next.digest);
    assert.equal((await chain.pass(next)).kind, "registered");
    assert.equal((await chain.image()).attributes.get(JOB), next.id);
    assert.equal((await chain.pass(old)).kind, "superseded", "delivered once more");
    assert.equal((await chain.image()).attributes.get(JOB), next.id);
  });

  it("an index that is being written is read again before the times decide", async () => {
    await publishedTomorrow();
    const next = announced();
    await writeFile(chain.cacheIndex, `{ "${IDENTIFIER}": {`);
    const clock = {
      ...chain.deps.clock,
      sleep: async (milliseconds: number, signal: AbortSignal) => {
        await chain.endorse(next.digest);
        await chain.deps.clock.sleep(milliseconds, signal);
      },
    };
    assert.equal((await chain.pass(next, { ...chain.deps, clock })).kind, "registered");
  });

  it("an expiry retires the image from the future", async () => {
    await publishedTomorrow();
    const { cacheIndex } = chain;
    await writeFile(cacheIndex, "{}");
    assert.equal((await chain.pass(chain.expired({ cacheIndex }))).kind, "expired");
    assert.equal(await chain.live(), undefined);
  });

  it("the same content, announced again, leaves the later time on the image", async () => {
    const job = await publishedTomorrow();
    const again = announced({ digest: job.digest });
    assert.equal((await chain.pass(again)).kind, "unchanged");
    assert.equal(eventTime(await chain.image()), TOMORROW);
  });

  it("without an index the times decide: nobody else can tell which is newer", async () => {
    await chain.pass(chain.available({ eventTime: TOMORROW }));
    assert.equal((await chain.pass(chain.available())).kind, "superseded");
  });
});
