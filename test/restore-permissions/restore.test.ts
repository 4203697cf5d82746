import assert from "node:assert/strict";
import { access, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, it } from "node:test";
import * as z from "zod";
import { handle } from "../../functions/restore-permissions/handler.ts";
import { GiveUp } from "../../functions/shared/step/errors.ts";
import { STATE, SUPERSEDED_BY } from "../../functions/shared/lineage/attributes.ts";
import type { Image } from "../../functions/shared/opennebula/opennebula.ts";
import { createRpc } from "../../functions/shared/opennebula/rpc.ts";
import { createChain, IDENTIFIER } from "../fakes/chain.ts";
import { forEachTest } from "../fakes/for-each-test.ts";
import { before } from "../fakes/meanwhile.ts";
import { LOCKED_AWAY, rightsOf } from "../fakes/rights.ts";
import { attemptUntil } from "../register-image/attempt-until.ts";

describe("restoring the rights", () => {
  const chain = forEachTest(createChain);
  let first: Image;
  beforeEach(async () => {
    first = await chain.publishedAndGiven();
  });

  const signal = () => AbortSignal.timeout(10_000);
  const marked = (state: string, by: string) =>
    new Map([
      [STATE, state],
      [SUPERSEDED_BY, by],
    ]);

  /** @param images of datastore 1; `0` is none more, `-2` no limit */
  const setImageQuota = async (images: string): Promise<void> => {
    const rpc = createRpc({
      endpoint: chain.site.config.oneXmlrpc,
      session: async () => "oneadmin:opennebula",
    });
    const quota = `DATASTORE=[ID="1",IMAGES="${images}",SIZE="-2"]`;
    await rpc.call("one.user.quota", [first.uid, quota], z.int(), signal());
  };

  it("Bug: an owner who may only use his image could manage it for a moment. Fix: what he may not do is taken away before it is his", async () => {
    await chain.site.oneadmin.chmod((await chain.image()).id, "400", signal());
    const message = await chain.passUntilRegistered(chain.available());
    chain.site.simulator.resetCalls();
    await handle(message, chain.deps, signal());
    const changes = chain.site.simulator
      .calls()
      .filter(({ method }) => /ch(own|mod)$/.test(method));
    assert.deepEqual(
      changes.map(({ method }) => method),
      ["one.image.chmod", "one.image.chown"],
    );
    assert.equal((await chain.image()).mode, "400");
  });

  it("Bug: an image that was retired while its update ended said `live` for ever. Fix: it is looked at once more", async () => {
    const message = await chain.passUntilRegistered(chain.available());
    const { id } = await chain.image();
    const deps = before(chain.deps, "append", (_id, attributes) =>
      attributes.get(STATE) === "live" ? chain.pass(chain.expired()) : undefined,
    );
    await handle(message, deps, signal());
    const retired = await chain.image(id);
    assert.equal(retired.attributes.get(STATE), "expired");
    await chain.pass(chain.available());
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(first));
  });

  it("Bug: an image whose retirement was called off while its update ended said `expired` for ever. Fix: it is looked at once more", async () => {
    const message = await chain.passUntilRegistered(chain.available());
    const { id } = await chain.image();
    const meanwhile = [marked("expired", "another job"), marked("live", "")];
    const deps = before(chain.deps, "append", async () => {
      const other = meanwhile.shift();
      await (other && chain.deps.opennebula.append(id, other, signal()));
    });
    await handle(message, deps, signal());
    assert.equal((await chain.image(id)).attributes.get(STATE), "live");
  });

  it("an image that is marked as superseded and still has the NAME keeps its rights until it is renamed", async () => {
    const message = await chain.passUntilRegistered(chain.available());
    await handle(message, chain.deps, signal());
    const { id } = await chain.image();
    await chain.site.oneadmin.append(id, marked("superseded", "another job"), signal());
    await handle(message, chain.deps, signal());
    assert.deepEqual(rightsOf(await chain.image(id)), rightsOf(first));
  });

  it("Bug: a live image that a person had renamed was locked away as soon as it was marked, and its successor inherited that. Fix: its name tells that it is in use", async () => {
    const message = await chain.passUntilRegistered(chain.available());
    await handle(message, chain.deps, signal());
    const before = await chain.image();
    await chain.site.oneadmin.rename(before.id, "by-hand", signal());
    const job = chain.available();
    await attemptUntil(chain, job, "rename");
    await handle(message, chain.deps, signal());
    assert.deepEqual(rightsOf(await chain.image(before.id)), rightsOf(before));
    await chain.pass(job);
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(before));
  });

  it("nobody but the service user has access until the rights are restored, and the disabled state comes first", async () => {
    await chain.site.oneadmin.enable((await chain.image()).id, false, signal());
    const message = await chain.passUntilRegistered(chain.available());
    const before = await chain.image();
    assert.deepEqual(
      [before.uid, before.mode, before.attributes.get(STATE)],
      [0, "600", "pending"],
    );
    chain.site.simulator.resetCalls();
    await handle(message, chain.deps, signal());
    const methods = chain.site.simulator.calls().map(({ method }) => method);
    const changes = methods.filter((method) => /enable|chown|chmod/.test(method));
    assert.deepEqual(changes, ["one.image.enable", "one.image.chown", "one.image.chmod"]);
  });

  it("an owner who was deleted meanwhile is replaced by nobody; group and permissions are restored", async () => {
    const message = await chain.passUntilRegistered(chain.available());
    chain.site.simulator.deleteUser(first.uid);
    await handle(message, chain.deps, signal());
    const image = await chain.image();
    assert.deepEqual(rightsOf(image), { ...rightsOf(first), uid: 0 });
    assert.equal(image.attributes.get(STATE), "live");
  });

  it("an owner whose quota is full is told; the group has access, and a replay finishes", async () => {
    const message = await chain.passUntilRegistered(chain.available());
    await setImageQuota("0");
    await assert.rejects(
      handle(message, chain.deps, signal()),
      (error) => error instanceof GiveUp && error.code === "owner-refused",
    );
    assert.deepEqual(rightsOf(await chain.image()), { ...rightsOf(first), uid: 0 });
    await setImageQuota("-2");
    await handle(message, chain.deps, signal());
    const image = await chain.image();
    assert.equal(image.uid, first.uid);
    assert.equal(image.attributes.get(STATE), "live");
  });

  it("an update after a restore that was given up inherits what should have been restored", async () => {
    const message = await chain.passUntilRegistered(chain.available());
    await setImageQuota("0");
    await assert.rejects(handle(message, chain.deps, signal()), GiveUp);
    await setImageQuota("-2");
    await chain.pass(chain.available());
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(first));
  });

  it("an image that was superseded before its rights were restored is locked away, not opened", async () => {
    const message = await chain.passUntilRegistered(chain.available());
    const early = await chain.image();
    await chain.pass(chain.available());
    await handle(message, chain.deps, signal());
    assert.deepEqual(rightsOf(await chain.image(early.id)), LOCKED_AWAY);
    assert.deepEqual(rightsOf(await chain.image()), rightsOf(first));
  });

  it("an image that is superseded while its rights are restored is locked away again", async () => {
    const message = await chain.passUntilRegistered(chain.available());
    const early = await chain.image();
    const otherWorker = () => chain.passUntilRegistered(chain.available());
    await handle(message, before(chain.deps, "chown", otherWorker, 0), signal());
    const locked = await chain.image(early.id);
    assert.deepEqual([locked.uid, locked.gid, locked.mode], [0, 0, "700"]);
    assert.notEqual((await chain.image()).id, early.id);
  });

  it("Bug: an image that expired while its owner was refused stayed open to his group. Fix: it is looked at once more then, too", async () => {
    const message = await chain.passUntilRegistered(chain.available());
    await setImageQuota("0");
    const { id } = await chain.image();
    const otherWorker = () => chain.pass(chain.expired());
    await handle(message, before(chain.deps, "chown", otherWorker, 0), signal());
    assert.deepEqual(rightsOf(await chain.image(id)), LOCKED_AWAY);
  });

  it("an image that somebody deleted is no error", async () => {
    const message = await chain.passUntilRegistered(chain.available());
    await chain.site.oneadmin.delete((await chain.image()).id, false, signal());
    await chain.site.until("it is gone", (images) =>
      images.every(({ name }) => name !== IDENTIFIER),
    );
    await handle(message, chain.deps, signal());
  });

  it("what the job staged is removed at the end, and a second delivery is no error", async () => {
    const job = chain.available();
    await mkdir(chain.site.config.stagingDirectory, { recursive: true });
    await writeFile(job.source.path, "the pinned image");
    const message = await chain.passUntilRegistered(job);
    await handle(message, chain.deps, signal());
    await assert.rejects(access(job.source.path), { code: "ENOENT" });
    await assert.rejects(access(join(chain.site.config.stagingDirectory, `${job.id}.raw`)), {
      code: "ENOENT",
    });
    await handle(message, chain.deps, signal());
  });
});
