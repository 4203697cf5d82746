import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import type { AvailableJob } from "../../functions/job/job.ts";
import { handle as capture } from "../../functions/capture-metadata/handler.ts";
import { handle as register } from "../../functions/register-image/handler.ts";
import { StartOver } from "../../functions/shared/step/errors.ts";
import { createChain } from "../fakes/chain.ts";
import { forEachTest } from "../fakes/for-each-test.ts";

describe("an announcement of a content that was live, and whose image is gone now", () => {
  const chain = forEachTest(createChain);
  let made: AvailableJob;
  beforeEach(async () => {
    made = chain.available();
    await chain.pass(made);
  });

  const signal = () => AbortSignal.timeout(10_000);
  const captured = (job: AvailableJob) => capture({ job }, chain.deps, signal());
  const deleteAll = async (): Promise<void> => {
    for (const { id } of await chain.site.images()) {
      await chain.site.oneadmin.delete(id, false, signal());
    }
    await chain.site.until("all are gone", (images) => images.length === 0);
  };

  it("Bug: the image was deleted by hand, the job started over behind an expiry, which found nothing to leave its time on, and was registered. Fix: it stays deleted", async () => {
    const message = await captured(chain.available({ digest: made.digest }));
    await deleteAll();
    assert.equal((await register(message, chain.deps, signal())).outcome.kind, "superseded");
  });

  it("starts over where vmcatcher's index tells that it still counts", async () => {
    const { digest } = made;
    const { cacheIndex } = chain;
    await chain.endorse(digest);
    const message = await captured(chain.available({ cacheIndex, digest }));
    await deleteAll();
    await assert.rejects(register(message, chain.deps, signal()), StartOver);
  });

  it("starts over when an expiry has retired the image, which tells later events from older ones", async () => {
    const expired = chain.expired();
    const message = await captured(chain.available({ digest: made.digest }));
    await chain.pass(expired);
    await assert.rejects(register(message, chain.deps, signal()), StartOver);
  });
});
