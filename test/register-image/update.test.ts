import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { GiveUp, RetryLater, StartOver } from "../../functions/shared/errors.ts";
import {
  CONFIRMED,
  JOB,
  pendingName,
  STALE_SINCE,
  STATE,
} from "../../functions/shared/lineage/attributes.ts";
import { createChain, IDENTIFIER, type Chain } from "../fakes/chain.ts";
import { rightsOf } from "../fakes/rights.ts";

describe("an update", () => {
  let chain: Chain;
  beforeEach(async () => {
    chain = await createChain({
      simulator: { copySeconds: 0.05 },
      env: { VMCATCHER_ONE_COPY_TIMEOUT_SECONDS: "1" },
    });
  });
  afterEach(() => chain.site.close());

  const signal = () => AbortSignal.timeout(10_000);

  it("the first event registers the image under its identifier, owned by the service user, for nobody else", async () => {
    const job = chain.available();
    assert.equal((await chain.pass(job)).kind, "registered");
    const image = await chain.image();
    assert.deepEqual(rightsOf(image), { uid: 0, gid: 0, mode: "600", state: "READY" });
    assert.equal(image.attributes.get(STATE), "live");
    assert.equal(image.attributes.get("DESCRIPTION"), "an image");
    assert.equal(image.attributes.get("VMCATCHER_EVENT_DC_TITLE"), "an image");
  });

  it("S3: when the new image cannot be made, the old one is untouched and the failure is told", async () => {
    const old = await chain.publishedAndGiven();
    chain.site.simulator.inject({
      method: "one.image.allocate",
      fault: { kind: "error", code: 16_384, text: "Internal" },
    });
    await assert.rejects(chain.pass(chain.available()), /Internal/);
    assert.deepEqual(await chain.image(), old);
  });

  it("keeps its rights when the job is delivered twice and the first delivery is done in between", async () => {
    // Bug: the second delivery held the image, live by then, for the pending one and closed it for its group. Fix: an image that
    // has left its temporary name is nobody's to hide.
    const old = await chain.publishedAndGiven();
    const job = chain.available();
    chain.site.simulator.inject({ method: "one.image.rename", fault: { kind: "reset" } });
    await assert.rejects(chain.pass(job));
    let looks = 0;
    const late = {
      ...chain.deps.opennebula,
      images: async (...args: Parameters<typeof chain.deps.opennebula.images>) => {
        const seen = await chain.deps.opennebula.images(...args);
        if (++looks === 2) {
          assert.ok(seen.some(({ name }) => name === pendingName(job)));
          await chain.pass(job); // after the first look of register-image
        }
        return seen;
      },
    };
    const deps = { ...chain.deps, opennebula: late };
    assert.equal((await chain.pass(job, deps)).kind, "registered");
    const image = await chain.image();
    assert.equal(image.attributes.get(JOB), job.id);
    assert.deepEqual(rightsOf(image), rightsOf(old));
    assert.equal(image.attributes.get(STATE), "live");
  });

  it("S6: a failed first registration is an error, and a retry registers the image", async () => {
    const job = chain.available();
    chain.site.simulator.inject({ method: "one.image.allocate", fault: { kind: "reset" } });
    await assert.rejects(chain.pass(job));
    await chain.pass(job);
    assert.equal((await chain.image()).attributes.get(JOB), job.id);
  });

  it("S13: while OpenNebula is down the event fails as an outage and succeeds afterwards", async () => {
    const job = chain.available();
    await chain.site.simulator.stop();
    await assert.rejects(chain.pass(job), { name: "RpcTransportError" });
    await chain.site.simulator.start();
    await chain.pass(job);
    await chain.image();
  });

  it("S10: whatever older versions there are and in whatever order, the current image is replaced", async () => {
    const first = await chain.publishedAndGiven();
    await chain.pass(chain.available());
    const second = await chain.image();
    await chain.pass(chain.available());
    const third = await chain.image();
    assert.equal(new Set([first.id, second.id, third.id]).size, 3);
    assert.deepEqual(rightsOf(third), rightsOf(first));
    const named = (await chain.site.images()).filter(({ name }) => name === IDENTIFIER);
    assert.equal(named.length, 1);
  });

  it("S10b: a current image that oneadmin owns is updated too", async () => {
    await chain.pass(chain.available());
    const first = await chain.image();
    await chain.pass(chain.available());
    assert.notEqual((await chain.image()).id, first.id);
  });

  it("S11: the same event twice, and the same content announced again, upload nothing", async () => {
    const job = chain.available();
    await chain.pass(job);
    const before = await chain.image();
    await chain.pass(job);
    const repeated = chain.available({ sha512: job.sha512 });
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

  it("S12: when the identifier's name is not free, nothing is done to the old image", async () => {
    const old = await chain.publishedAndGiven();
    const path = join(chain.site.config.stagingDirectory, "foreign.raw");
    await writeFile(path, "foreign", { mode: 0o644 });
    const foreign = {
      name: IDENTIFIER,
      path,
      datastoreId: 1,
      attributes: new Map<string, string>(),
    };
    const id = await chain.site.oneadmin.allocate(foreign, signal());
    await assert.rejects(
      chain.pass(chain.available()),
      (error) => error instanceof GiveUp && error.code === "name-taken",
    );
    assert.deepEqual(await chain.image(old.id), old);
    assert.ok(id > old.id);
  });

  it("S12: when the last rename is refused, the old image gets its name back", async () => {
    const old = await chain.publishedAndGiven();
    chain.site.simulator.inject({
      method: "one.image.rename",
      skip: 1,
      fault: {
        kind: "error",
        code: 2048,
        text: `image cannot be renamed to ${IDENTIFIER} because it collides with image 4711`,
      },
    });
    await assert.rejects(chain.pass(chain.available()), RetryLater);
    const image = await chain.image();
    assert.deepEqual(rightsOf(image), rightsOf(old));
    assert.equal(image.id, old.id);
  });

  it("S2: a disabled image stays disabled, though it cannot be disabled while it is copied", async () => {
    const old = await chain.publishedAndGiven();
    await chain.site.oneadmin.enable(old.id, false, signal());
    await chain.pass(chain.available());
    assert.deepEqual(rightsOf(await chain.image()), { ...rightsOf(old), state: "DISABLED" });
  });

  it("S2b: owner, group and permissions are given only when the copy has ended", async () => {
    const old = await chain.publishedAndGiven();
    chain.site.simulator.resetCalls();
    await chain.pass(chain.available());
    const methods = chain.site.simulator.calls().map(({ method }) => method);
    const lastLook = methods.lastIndexOf("one.image.chown");
    assert.ok(methods.indexOf("one.image.allocate") < methods.indexOf("one.image.info"));
    assert.ok(methods.indexOf("one.image.info") < lastLook);
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(old));
  });

  it("R1: an image that OpenNebula fails to copy is deleted, the reason is told, and the old one stays", async () => {
    const old = await chain.publishedAndGiven();
    const unsafe = {
      ...chain.deps.config,
      stagingDirectory: join(chain.site.directory, "elsewhere"),
    };
    await mkdir(unsafe.stagingDirectory);
    await assert.rejects(
      chain.pass(chain.available(), { ...chain.deps, config: unsafe }),
      (error) => {
        assert.ok(error instanceof GiveUp);
        assert.equal(error.code, "copy-failed");
        assert.match(error.message, /RESTRICTED_DIRS/);
        return true;
      },
    );
    assert.deepEqual(await chain.site.images(), [old]);
  });

  it("an image that stays LOCKED for ever is deleted when its time is over", async () => {
    const old = await chain.publishedAndGiven();
    const job = chain.available();
    chain.site.simulator.inject({ method: "one.image.allocate", fault: { kind: "lose-answer" } });
    await assert.rejects(chain.pass(job), { name: "RpcTransportError" });
    await chain.site.simulator.stop(); // a copy that oned's restart interrupts never ends
    await chain.site.simulator.start();
    const locked = await chain.site.images();
    assert.ok(locked.some(({ state }) => state === "LOCKED"));
    await assert.rejects(chain.pass(job), RetryLater);
    await chain.site.until("the locked image is gone", (images) => images.length === 1);
    assert.equal((await chain.image()).id, old.id);
  });

  it("an event that is older than what is live changes nothing", async () => {
    const late = chain.available();
    const before = await chain.publishedAndGiven();
    assert.equal((await chain.pass(late)).kind, "superseded");
    assert.deepEqual(await chain.image(), before);
    assert.equal((await chain.site.images()).length, 1);
  });

  it("content that vmcatcher does not endorse any more is not registered", async () => {
    const cacheIndex = join(chain.site.directory, "cache.index");
    await writeFile(cacheIndex, "{}");
    assert.equal((await chain.pass(chain.available({ cacheIndex }))).kind, "superseded");
    assert.deepEqual(await chain.site.images(), []);
  });

  it("an index that is being written does not count against an event", async () => {
    const cacheIndex = join(chain.site.directory, "cache.index");
    await writeFile(cacheIndex, '{"de355bfb');
    assert.equal((await chain.pass(chain.available({ cacheIndex }))).kind, "registered");
  });

  it("a converted file that has gone from staging sends the job back to the first step", async () => {
    const job = chain.available();
    const { handle } = await import("../../functions/register-image/handler.ts");
    const artifact = {
      path: join(chain.site.config.stagingDirectory, "gone.raw"),
      format: "raw" as const,
      sizeBytes: 1,
      virtualSizeBytes: 1,
    };
    await assert.rejects(
      handle({ job, unchanged: false, artifact }, chain.deps, signal()),
      StartOver,
    );
  });

  it("a converted file that cannot be looked at is tried again where it is: to start over would put the job behind newer ones", async () => {
    const file = join(chain.site.config.stagingDirectory, "file");
    await writeFile(file, "");
    const { handle } = await import("../../functions/register-image/handler.ts");
    const artifact = {
      path: join(file, "is-no-directory.raw"),
      format: "raw" as const,
      sizeBytes: 1,
      virtualSizeBytes: 1,
    };
    await assert.rejects(
      handle({ job: chain.available(), unchanged: false, artifact }, chain.deps, signal()),
      { code: "ENOTDIR" },
    );
  });

  it("an update puts an end to the note that a newer version is due", async () => {
    await chain.publishedAndGiven();
    await chain.pass(chain.expired({ subscription: "subscribed" }));
    assert.ok((await chain.image()).attributes.has(STALE_SINCE));
    await chain.pass(chain.available());
    assert.equal((await chain.image()).attributes.has(STALE_SINCE), false);
  });

  it("D1: the datastore is the setting's, and a VO's own where it has one", async () => {
    const other = chain.site.simulator.createDatastore("vo-images");
    const config = {
      ...chain.deps.config,
      voDatastores: new Map([["vo.example.org", "vo-images"]]),
    };
    await chain.pass(chain.available({ vo: "vo.example.org" }), { ...chain.deps, config });
    assert.equal((await chain.image()).datastoreId, other);
    const missing = { ...chain.deps, config: { ...config, datastore: "no-such" } };
    await assert.rejects(
      chain.pass(chain.available(), missing),
      /datastore no-such: no such image datastore; there are: .*1 default/,
    );
  });

  it("V1: the VO and the session of the event are attributes of the image", async () => {
    const attributes = {
      VMCATCHER_EVENT_VO: "fedcloud.egi.eu",
      VMCATCHER_EVENT_UUID_SESSION: "a-session",
    };
    await chain.pass(chain.available({ attributes }));
    const image = await chain.image();
    assert.equal(image.attributes.get("VMCATCHER_EVENT_VO"), "fedcloud.egi.eu");
    assert.equal(image.attributes.get("VMCATCHER_EVENT_UUID_SESSION"), "a-session");
  });

  it("S16: two versions that are superseded within one second keep different names", async () => {
    const eventTime = "2026-11-22T11:00:00.00000000";
    for (const digit of [1, 2, 3]) {
      await chain.pass(chain.available({ eventTime: `${eventTime}${digit}Z` }));
    }
    const names = (await chain.site.images()).map(({ name }) => name);
    assert.equal(new Set(names).size, 3);
    assert.equal(names.filter((name) => name.startsWith(`${IDENTIFIER}_2026-11-22_`)).length, 2);
  });

  it("two images of the identifier's name are told and not touched", async () => {
    const mine = await chain.publishedAndGiven();
    const path = join(chain.site.config.stagingDirectory, "forged.raw");
    await writeFile(path, "forged", { mode: 0o644 });
    const attributes = new Map([["VMCATCHER_EVENT_DC_IDENTIFIER", IDENTIFIER]]);
    await chain.site.oneadmin.allocate(
      { name: IDENTIFIER, path, datastoreId: 1, attributes },
      signal(),
    );
    await assert.rejects(
      chain.pass(chain.available()),
      (error) => error instanceof GiveUp && error.code === "ambiguous-live-image",
    );
    assert.deepEqual(await chain.image(mine.id), mine);
  });
});
