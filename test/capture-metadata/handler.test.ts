import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { handle } from "../../functions/capture-metadata/handler.ts";
import type { Job } from "../../functions/job/job.ts";
import { createChain, IDENTIFIER, type Chain } from "../fakes/chain.ts";
import { digestParts } from "../../functions/job/digest.ts";

describe("capturing metadata", () => {
  let chain: Chain;
  beforeEach(async () => {
    chain = await createChain();
  });
  afterEach(() => chain.site.close());

  const capture = (job: Job) => handle({ job }, chain.deps, AbortSignal.timeout(5000));
  const add = (given: Partial<Parameters<typeof chain.site.simulator.addImage>[0]>) =>
    chain.site.simulator.addImage({
      name: IDENTIFIER,
      ...given,
      attributes: { VMCATCHER_EVENT_DC_IDENTIFIER: IDENTIFIER, ...given.attributes },
    });

  it("there is nothing to remember of an identifier that OpenNebula does not know", async () => {
    const job = chain.available();
    assert.deepEqual(await capture(job), { job, unchanged: false });
  });

  it("remembers owner, group, mode and disabled state of the live image", async () => {
    const gid = chain.site.simulator.createGroup("vo");
    const uid = chain.site.simulator.createUser("alice", "alicepw", gid);
    const imageId = add({ uid, gid, mode: 0o640, state: "DISABLED" });
    const { previous } = await capture(chain.available());
    assert.deepEqual(previous, { imageId, uid, gid, mode: "640", disabled: true });
  });

  it("of an image whose update was never finished it remembers what was to be restored", async () => {
    const attributes = {
      VMCATCHER_ONE_STATE: "pending",
      VMCATCHER_ONE_REMEMBERED: "uid=7 gid=100 mode=660 disabled=no",
    };
    const imageId = add({ mode: 0o600, attributes });
    const { previous } = await capture(chain.available());
    assert.deepEqual(previous, { imageId, uid: 7, gid: 100, mode: "660", disabled: false });
  });

  it("a note that somebody garbled is not believed", async () => {
    const attributes = {
      VMCATCHER_ONE_STATE: "pending",
      VMCATCHER_ONE_REMEMBERED: "uid=0 gid=0 mode=777 disabled=no; rm",
    };
    add({ mode: 0o600, attributes });
    assert.equal((await capture(chain.available())).previous?.mode, "600");
  });

  it("an image of the same name that does not say it belongs to the identifier is not taken for it", async () => {
    chain.site.simulator.addImage({ name: IDENTIFIER, mode: 0o644 });
    assert.equal((await capture(chain.available())).previous, undefined);
  });

  it("a live image that somebody renamed is still the one to be replaced", async () => {
    const imageId = add({ name: "my favourite", attributes: { VMCATCHER_ONE_STATE: "live" } });
    assert.equal((await capture(chain.available())).previous?.imageId, imageId);
  });

  it("content that is live already need not be converted, whatever the case of its checksum", async () => {
    const job = chain.available();
    add({
      attributes: { VMCATCHER_EVENT_SL_CHECKSUM_SHA512: digestParts(job.digest).hex.toUpperCase() },
    });
    assert.equal((await capture(job)).unchanged, true);
  });

  it("content of an image that OpenNebula failed to copy counts as missing", async () => {
    const job = chain.available();
    add({ state: "ERROR", attributes: { VMCATCHER_ONE_SHA512: digestParts(job.digest).hex } });
    assert.equal((await capture(job)).unchanged, false);
  });

  it("Bug: a message that came once more, long after its job, asked for a file that is gone. Fix: an overtaken job needs no file", async () => {
    const job = chain.available();
    add({ attributes: { VMCATCHER_ONE_EVENT_TIME: chain.available().eventTime } });
    assert.equal((await capture(job)).unchanged, true);
  });

  it("an expired event is passed on without a look at OpenNebula", async () => {
    const job = chain.expired();
    chain.site.simulator.resetCalls();
    assert.deepEqual(await capture(job), { job, unchanged: false });
    assert.equal(chain.site.simulator.calls().length, 0);
  });
});
