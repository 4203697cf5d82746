import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { disableFreed } from "../../functions/restore-permissions/sweep.ts";
import {
  DISABLE,
  EXPIRY_UNKNOWN_SINCE,
  STALE_SINCE,
} from "../../functions/shared/lineage/attributes.ts";
import type { Image } from "../../functions/shared/opennebula/opennebula.ts";
import { createChain, IDENTIFIER, type Chain } from "../fakes/chain.ts";
import { LOCKED_AWAY, rightsOf } from "../fakes/rights.ts";

describe("an expiry", () => {
  let chain: Chain;
  let image: Image;
  beforeEach(async () => {
    chain = await createChain();
    image = await chain.publishedAndGiven();
  });
  afterEach(() => chain.site.close());

  const signal = () => AbortSignal.timeout(10_000);

  it("renames the image, hands it to oneadmin, closes and disables it", async () => {
    assert.equal((await chain.pass(chain.expired())).kind, "expired");
    const expired = await chain.image(image.id);
    assert.match(
      expired.name,
      new RegExp(`^${IDENTIFIER} \\d{4}-\\d\\d-\\d\\d_\\d\\d-\\d\\d-\\d\\d_[+-]\\d{4}-\\S+$`),
    );
    assert.deepEqual(rightsOf(expired), LOCKED_AWAY);
  });

  it("S9: a new subscription gets the rights from before the expiry, not those of the expired image", async () => {
    await chain.pass(chain.expired());
    await chain.pass(chain.available());
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(image));
  });

  it("S9: the rights survive several expiries", async () => {
    for (let round = 0; round < 3; round++) {
      await chain.pass(chain.expired());
      await chain.pass(chain.available());
    }
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(image));
  });

  it("X1: before an update the image stays, and a note tells since when a newer version is due", async () => {
    const job = chain.expired({ subscription: "subscribed" });
    assert.equal((await chain.pass(job)).kind, "kept");
    const kept = await chain.image(image.id);
    assert.equal(kept.name, IDENTIFIER);
    assert.deepEqual(rightsOf(kept), rightsOf(image));
    assert.equal(kept.attributes.get(STALE_SINCE), job.eventTime);
    await chain.pass(chain.expired({ subscription: "subscribed" }));
    assert.equal(
      (await chain.image(image.id)).attributes.get(STALE_SINCE),
      job.eventTime,
      "the first announcement counts",
    );
  });

  it("E2, E3: when vmcatcher could not be asked, the image is kept and the operator can see it", async () => {
    const job = chain.expired({ subscription: "unknown" });
    assert.equal((await chain.pass(job)).kind, "kept");
    const kept = await chain.image(image.id);
    assert.equal(kept.name, IDENTIFIER);
    assert.equal(kept.attributes.get(EXPIRY_UNKNOWN_SINCE), job.eventTime);
  });

  it("a setting lets an image expire when vmcatcher could not be asked", async () => {
    const deps = {
      ...chain.deps,
      config: { ...chain.deps.config, expireUnknown: "expire" as const },
    };
    assert.equal(
      (await chain.pass(chain.expired({ subscription: "unknown" }), deps)).kind,
      "expired",
    );
  });

  it("E5: an image in use is disabled as soon as it is free", async () => {
    const vm = chain.site.simulator.startVm(image.id);
    await chain.pass(chain.expired());
    assert.equal((await chain.image(image.id)).state, "USED");
    assert.equal((await chain.image(image.id)).attributes.get(DISABLE), "pending");
    await disableFreed(chain.deps, signal());
    assert.equal((await chain.image(image.id)).state, "USED");
    chain.site.simulator.stopVm(vm);
    await disableFreed(chain.deps, signal());
    const freed = await chain.image(image.id);
    assert.equal(freed.state, "DISABLED");
    assert.equal(freed.attributes.has(DISABLE), false);
  });

  it("a VM that starts between the look and the call does not fail the expiry", async () => {
    chain.site.simulator.inject({
      method: "one.image.enable",
      fault: {
        kind: "error",
        code: 8192,
        text: "Could not disable image: Image cannot be in state USED.",
      },
    });
    assert.equal((await chain.pass(chain.expired())).kind, "expired");
    assert.equal((await chain.image(image.id)).attributes.get(DISABLE), "pending");
  });

  it("an expiry that a later event has overtaken changes nothing", async () => {
    const late = chain.expired();
    await chain.pass(chain.available());
    const before = await chain.image();
    assert.equal((await chain.pass(late)).kind, "superseded");
    assert.deepEqual(await chain.image(), before);
  });

  it("an identifier that vmcatcher's index names again is not retired", async () => {
    const cacheIndex = join(chain.site.directory, "cache.index");
    const entry = {
      uuid: IDENTIFIER,
      sha512: "0".repeat(128),
      size: 1,
      uri: "https://x",
      filename: IDENTIFIER,
    };
    await writeFile(cacheIndex, JSON.stringify({ [IDENTIFIER]: entry }));
    assert.equal((await chain.pass(chain.expired({ cacheIndex }))).kind, "superseded");
    assert.equal((await chain.image(image.id)).name, IDENTIFIER);
  });

  it("Bug: an expiry that was delivered again retired a user's clone of the image, which has its attributes. Fix: it has retired one already", async () => {
    const attributes = Object.fromEntries(image.attributes);
    const clone = chain.site.simulator.addImage({ name: "my own", uid: image.uid, attributes });
    const expired = chain.expired();
    await chain.pass(expired);
    assert.equal((await chain.pass(expired)).kind, "expired");
    const { name, uid, state } = await chain.image(clone);
    assert.deepEqual([name, uid, state], ["my own", image.uid, "READY"]);
  });

  it("an identifier that OpenNebula never had is no error", async () => {
    assert.equal(
      (await chain.pass(chain.expired({ identifier: "never-registered" }))).kind,
      "nothing-to-expire",
    );
  });

  it("an update that was announced before the expiry does not bring the image back", async () => {
    const late = chain.available();
    await chain.pass(chain.expired());
    assert.equal((await chain.pass(late)).kind, "superseded");
    assert.equal(await chain.live(), undefined);
  });
});
