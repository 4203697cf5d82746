import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { AvailableJob, Job } from "../../functions/capture-metadata/message.ts";
import { handle as restore } from "../../functions/restore-permissions/handler.ts";
import {
  newImageAttributes,
  pendingName,
  STATE,
  SUPERSEDED_BY,
} from "../../functions/shared/lineage/attributes.ts";
import type { Image, OpenNebula } from "../../functions/shared/opennebula/opennebula.ts";
import { createChain, IDENTIFIER, type Chain } from "../fakes/chain.ts";
import { LOCKED_AWAY, rightsOf } from "../fakes/rights.ts";

/* What an attempt has begun, when vmcatcher changes its mind before the next attempt. Each of these was found by a schedule. */
describe("a job that is overtaken half-way", () => {
  let chain: Chain;
  let first: Image;
  let cacheIndex: string;
  beforeEach(async () => {
    chain = await createChain();
    cacheIndex = join(chain.site.directory, "cache.index");
    first = await chain.publishedAndGiven();
  });
  afterEach(() => chain.site.close());

  /** vmcatcher's index names the identifier with some content. */
  const endorse = (sha512: string) =>
    writeFile(cacheIndex, JSON.stringify({ [IDENTIFIER]: { sha512 } }));
  /** An attempt that does not get beyond a call. */
  const attemptUntil = async (job: Job, method: keyof OpenNebula, nth = 0): Promise<void> => {
    let calls = 0;
    const opennebula = new Proxy(chain.deps.opennebula, {
      get: (target, name, receiver) => {
        if (name === method && calls++ === nth) {
          return () => Promise.reject(new Error("cut off"));
        }
        return Reflect.get(target, name, receiver) as unknown;
      },
    });
    await assert.rejects(chain.pass(job, { ...chain.deps, opennebula }), /cut off/);
  };

  it("Bug: an expiry that found nothing to expire left no trace, so an older announcement that came late was registered. Fix: it leaves its time", async () => {
    await chain.pass(chain.expired());
    const late = chain.available();
    assert.equal((await chain.pass(chain.expired())).kind, "nothing-to-expire");
    assert.equal((await chain.pass(late)).kind, "superseded");
    assert.equal(await chain.live(), undefined);
  });

  it("Bug: an image that was renamed but not yet locked away stayed open when the identifier was endorsed again. Fix: what is begun is ended", async () => {
    const expired = chain.expired({ cacheIndex });
    await attemptUntil(expired, "chown");
    await endorse("0".repeat(128));
    assert.equal((await chain.pass(expired)).kind, "superseded");
    assert.deepEqual(rightsOf(await chain.image(first.id)), LOCKED_AWAY);
  });

  it("Bug: an image that was only marked stayed marked when the identifier was endorsed again. Fix: it is live as before, with its rights", async () => {
    const expired = chain.expired({ cacheIndex });
    await attemptUntil(expired, "rename");
    assert.equal((await chain.image()).attributes.get(STATE), "expired");
    await endorse("0".repeat(128));
    await chain.pass(expired);
    const image = await chain.image();
    assert.equal(image.id, first.id);
    assert.deepEqual(rightsOf(image), rightsOf(first));
    assert.equal(image.attributes.get(STATE), "live");
    assert.equal(image.attributes.get(SUPERSEDED_BY), undefined);
  });

  it("Bug: cut off between the renames, then another content endorsed: the identifier was left without an image. Fix: the swap is ended", async () => {
    const job = chain.available({ cacheIndex });
    await endorse(job.sha512);
    await attemptUntil(job, "rename", 1);
    assert.equal(await chain.live(), undefined);
    await endorse("0".repeat(128));
    assert.equal((await chain.pass(job)).kind, "registered");
    const image = await chain.image();
    assert.notEqual(image.id, first.id);
    assert.deepEqual(rightsOf(image), rightsOf(first));
  });

  it("Bug: an expiry before an update, between the renames of another one, made that one too old, and its image was deleted. Fix: it leaves no time", async () => {
    const job = chain.available();
    await attemptUntil(job, "rename", 1);
    await chain.pass(chain.expired({ subscription: "subscribed" }));
    assert.equal((await chain.pass(job)).kind, "registered");
    assert.notEqual((await chain.image()).id, first.id);
  });

  it("Bug: rights given between the look at the old image and its renaming were lost. Fix: they are looked at once more", async () => {
    const { opennebula } = chain.deps;
    const rename: OpenNebula["rename"] = async (id, name, patience) => {
      if (id === first.id) {
        await opennebula.chmod(id, "604", patience);
      }
      await opennebula.rename(id, name, patience);
    };
    await chain.pass(chain.available(), { ...chain.deps, opennebula: { ...opennebula, rename } });
    assert.deepEqual(rightsOf(await chain.image()), { ...rightsOf(first), mode: "604" });
  });

  /** What another worker and an administrator do while an update is about to mark an image that has yet to get its rights. */
  const updateRestoredMeanwhile = async (
    meanwhile: (id: number) => Promise<void>,
  ): Promise<void> => {
    const message = await chain.passUntilRegistered(chain.available());
    const { opennebula } = chain.deps;
    const append: OpenNebula["append"] = async (id, attributes, patience) => {
      if (attributes.get(STATE) === "superseded") {
        await restore(message, chain.deps, patience);
        await meanwhile(id);
      }
      await opennebula.append(id, attributes, patience);
    };
    await chain.pass(chain.available(), { ...chain.deps, opennebula: { ...opennebula, append } });
  };

  it("Bug: rights given right after the restoration, between the look at the old image and its mark, were lost. Fix: it tells that it was restored", async () => {
    await updateRestoredMeanwhile((id) =>
      chain.site.oneadmin.chmod(id, "604", AbortSignal.timeout(5000)),
    );
    assert.deepEqual(rightsOf(await chain.image()), { ...rightsOf(first), mode: "604" });
  });

  it("Bug: an update that was interrupted between its renames left the old image open, and its rights to nobody, when the same content was announced again. Fix: that image is the last one, and is locked away", async () => {
    const sha512 = "1".repeat(128);
    await endorse(sha512);
    const job = chain.available({ cacheIndex, sha512 });
    await attemptUntil(job, "rename", 1);
    await chain.pass(chain.available({ cacheIndex, sha512 }));
    assert.equal((await chain.pass(job)).kind, "unchanged");
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(first));
    assert.deepEqual(rightsOf(await chain.image(first.id)), LOCKED_AWAY);
  });

  it("Bug: rights were lost when an image expired while its own update wrote `live` on it. Fix: who has retired it counts", async () => {
    await chain.pass(chain.expired());
    const wroteLive = new Map([[STATE, "live"]]);
    await chain.site.oneadmin.append(first.id, wroteLive, AbortSignal.timeout(5000));
    await chain.pass(chain.available());
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(first));
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

  it("does not take for an administrator's what another attempt has done to an image that was just restored", async () => {
    await updateRestoredMeanwhile((id) =>
      chain.site.oneadmin.chown(id, 0, 0, AbortSignal.timeout(5000)),
    );
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(first));
  });

  it("an image that is not retired after all hands on what it remembers until it is restored", async () => {
    await chain.passUntilRegistered(chain.available());
    const expired = chain.expired({ cacheIndex });
    await attemptUntil(expired, "rename");
    await endorse("0".repeat(128));
    await chain.passUntilRegistered(expired);
    await chain.pass(chain.available());
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(first));
  });

  /** An attempt during which an administrator opens the old image to everybody, right before its renaming; it ends after that or after a later one. */
  const attemptUntilRenamed = async (job: Job, last: number): Promise<void> => {
    const { opennebula } = chain.deps;
    const rename: OpenNebula["rename"] = async (id, name, patience) => {
      if (id === first.id) {
        await opennebula.chmod(id, "604", patience);
      }
      await opennebula.rename(id, name, patience);
      if (id === last) {
        throw new Error("cut off");
      }
    };
    await assert.rejects(
      chain.pass(job, { ...chain.deps, opennebula: { ...opennebula, rename } }),
      /cut off/,
    );
  };

  for (const [where, last] of [
    ["the first", (old: number) => old],
    ["the second", (old: number) => old + 1],
  ] as const) {
    it(`Bug: rights given before the renaming were lost when the attempt ended after ${where} of the renames. Fix: the next one looks`, async () => {
      const job = chain.available();
      await attemptUntilRenamed(job, last(first.id));
      await attemptUntil(job, "chmod"); // the old image is oneadmin's already, but not closed
      await chain.pass(job);
      assert.deepEqual(rightsOf(await chain.image()), { ...rightsOf(first), mode: "604" });
    });
  }

  it("Bug: rights given before the renaming were lost when an expiry was interrupted after it. Fix: the next attempt looks", async () => {
    const expired = chain.expired();
    await attemptUntilRenamed(expired, first.id);
    await attemptUntil(expired, "chmod");
    await chain.pass(expired);
    await chain.pass(chain.available());
    assert.deepEqual(rightsOf(await chain.image()), { ...rightsOf(first), mode: "604" });
  });

  it("does not take for an administrator's what another attempt of the same job has done to the old image", async () => {
    const { opennebula } = chain.deps;
    const rename: OpenNebula["rename"] = async (id, name, patience) => {
      await opennebula.rename(id, name, patience);
      if (name === IDENTIFIER) {
        await opennebula.chown(first.id, 0, 0, patience);
      }
    };
    await chain.pass(chain.available(), { ...chain.deps, opennebula: { ...opennebula, rename } });
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(first));
  });

  /** As an attempt does that had stood still, when its image is live already. */
  const allocateLate = (job: AvailableJob, file: { path: string } | { source: string }) =>
    chain.site.oneadmin.allocate(
      {
        name: pendingName(job),
        datastoreId: 1,
        attributes: newImageAttributes(job),
        ...("source" in file ? { ...file, format: "raw", sizeMb: 1 } : file),
      },
      AbortSignal.timeout(5000),
    );

  it("Bug: a second image that a late call had made of a job stayed pending for ever. Fix: the next delivery deletes it", async () => {
    const job = chain.available();
    await chain.pass(job);
    const { id } = await chain.image();
    const path = join(chain.site.config.stagingDirectory, "late");
    await writeFile(path, "content", { mode: 0o644 });
    const second = await allocateLate(job, { path });
    await chain.pass(job);
    assert.equal((await chain.image()).id, id);
    await chain.site.until("it is gone", (images) => images.every((image) => image.id !== second));
  });

  it("leaves a second image that has the disk of the first one", async () => {
    const job = chain.available();
    await chain.pass(job);
    const { id, source } = await chain.image();
    const second = await allocateLate(job, { source });
    await chain.pass(job);
    assert.equal((await chain.image()).id, id);
    assert.equal((await chain.image(second)).state, "READY");
  });

  it("Bug: a message that came twice took the NAME back which an administrator had changed. Fix: it leaves a live image alone", async () => {
    const job = chain.available();
    await chain.pass(job);
    const { id } = await chain.image();
    await chain.site.oneadmin.rename(id, "by-hand", AbortSignal.timeout(5000));
    assert.equal((await chain.pass(job)).kind, "registered");
    assert.equal((await chain.image(id)).name, "by-hand");
  });
});
