import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { AvailableJob } from "../../functions/job/job.ts";
import { JOB } from "../../functions/shared/lineage/attributes.ts";
import { eventTime } from "../../functions/shared/lineage/lineage.ts";
import { createChain, IDENTIFIER, type Chain } from "../fakes/chain.ts";
import { digestParts } from "../../functions/job/digest.ts";

const TOMORROW = "2026-11-23T10:00:00.000000000Z";

/*
 * Bug: a version that was announced while vmcatcher's clock was ahead made every event after the correction look old: the
 * next version ended as superseded, and vmcatcher never announces it again. Fix: vmcatcher's index, where it can be read,
 * says what is right, whatever the times.
 */
describe("when vmcatcher's clock was ahead and was put right", () => {
  let chain: Chain;
  let cacheIndex: string;
  beforeEach(async () => {
    chain = await createChain();
    cacheIndex = join(chain.site.directory, "cache.index");
  });
  afterEach(() => chain.site.close());

  const endorse = async (job: AvailableJob | undefined) => {
    const entries =
      job === undefined ? {} : { [IDENTIFIER]: { sha512: digestParts(job.digest).hex } };
    await writeFile(cacheIndex, JSON.stringify(entries));
  };
  const publishedTomorrow = async () => {
    const job = chain.available({ cacheIndex, eventTime: TOMORROW });
    await endorse(job);
    assert.equal((await chain.pass(job)).kind, "registered");
    return job;
  };

  it("the next version takes the place of the one from the future", async () => {
    const old = await publishedTomorrow();
    const next = chain.available({ cacheIndex });
    await endorse(next);
    assert.equal((await chain.pass(next)).kind, "registered");
    assert.equal((await chain.image()).attributes.get(JOB), next.id);
    assert.equal((await chain.pass(old)).kind, "superseded", "delivered once more");
    assert.equal((await chain.image()).attributes.get(JOB), next.id);
  });

  it("an index that is being written is read again before the times decide", async () => {
    await publishedTomorrow();
    const next = chain.available({ cacheIndex });
    await writeFile(cacheIndex, `{ "${IDENTIFIER}": {`);
    const clock = {
      ...chain.deps.clock,
      sleep: async (milliseconds: number, signal: AbortSignal) => {
        await endorse(next);
        await chain.deps.clock.sleep(milliseconds, signal);
      },
    };
    assert.equal((await chain.pass(next, { ...chain.deps, clock })).kind, "registered");
  });

  it("an expiry retires the image from the future", async () => {
    await publishedTomorrow();
    await endorse(undefined);
    assert.equal((await chain.pass(chain.expired({ cacheIndex }))).kind, "expired");
    assert.equal(await chain.live(), undefined);
  });

  it("the same content, announced again, leaves the later time on the image", async () => {
    const job = await publishedTomorrow();
    const again = chain.available({ cacheIndex, digest: job.digest });
    assert.equal((await chain.pass(again)).kind, "unchanged");
    assert.equal(eventTime(await chain.image()), TOMORROW);
  });

  it("without an index the times decide: nobody else can tell which is newer", async () => {
    await chain.pass(chain.available({ eventTime: TOMORROW }));
    assert.equal((await chain.pass(chain.available())).kind, "superseded");
  });
});
