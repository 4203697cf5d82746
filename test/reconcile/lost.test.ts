import assert from "node:assert/strict";
import { readdir, rm } from "node:fs/promises";
import { describe, it } from "node:test";
import { giveToUser, rightsOf } from "../fakes/rights.ts";
import { Bench, ONE, OTHER, THIRD } from "./bench.ts";

describe("one apply brings back what was lost", { concurrency: 4 }, () => {
  it("the first event", async () => {
    await using bench = await Bench.create();
    await bench.publish(OTHER, "1");
    await bench.endorse(ONE, "1");
    await bench.site.vmcatcher.run(isOf(ONE));
    assert.deepEqual(await bench.findings(), [`missing ${ONE}`]);
    await bench.apply();
    await bench.work();
    assert.deepEqual(await bench.images(), [`${OTHER} READY 1`, `${ONE} READY 1`]);
    await assertDone(bench);
  });

  it("an update, with the rights kept", async () => {
    await using bench = await Bench.create();
    await bench.publish(ONE, "1");
    const [first] = await bench.site.images();
    assert.ok(first);
    const given = await giveToUser(bench.site, first.id);
    await bench.endorse(ONE, "2");
    await bench.site.vmcatcher.run(isOf(ONE));
    assert.deepEqual(await bench.findings(), [`stale ${ONE}`]);
    await bench.apply();
    await bench.work();
    assert.deepEqual(await bench.images(), [`${ONE}~ DISABLED 1`, `${ONE} READY 2`]);
    const [live] = await bench.site.images();
    assert.ok(live);
    assert.deepEqual(rightsOf(live), { ...given, state: "READY" });
    await assertDone(bench);
  });

  it("an expiry", async () => {
    await using bench = await Bench.create();
    await bench.publish(OTHER, "1");
    await bench.publish(ONE, "1");
    await bench.site.vmcatcher.subscribe(ONE, false);
    await bench.site.vmcatcher.run(isOf(ONE));
    assert.deepEqual(await bench.findings(), [`orphaned ${ONE}`]);
    await bench.apply();
    await bench.work();
    assert.deepEqual(await bench.images(), [`${OTHER} READY 1`, `${ONE}~ DISABLED 1`]);
    await assertDone(bench);
  });

  it("the announcement of an image that had expired before, which gets its rights back", async () => {
    await using bench = await Bench.create();
    await bench.publish(ONE, "1");
    const [first] = await bench.site.images();
    await bench.site.oneadmin.chmod(first?.id ?? -1, "644", signal());
    await bench.site.vmcatcher.subscribe(ONE, false);
    await bench.site.vmcatcher.run();
    await bench.work();
    await bench.site.vmcatcher.subscribe(ONE, true);
    await bench.site.vmcatcher.run(isOf(ONE));
    assert.deepEqual(await bench.findings(), [`wrongly-expired ${ONE}`]);
    await bench.apply();
    await bench.work();
    assert.deepEqual(await bench.images(), [`${ONE}~ DISABLED 1`, `${ONE} READY 1`]);
    assert.equal((await bench.site.images())[0]?.mode, "644");
    await assertDone(bench);
  });

  it("an image that somebody deleted", async () => {
    await using bench = await Bench.create();
    await bench.publish(ONE, "1");
    await bench.publish(ONE, "2");
    const [live] = await bench.site.images();
    await bench.site.oneadmin.delete(live?.id ?? -1, false, signal());
    await bench.site.until("it is deleted", (all) => all.length === 1);
    assert.deepEqual(await bench.findings(), [`missing ${ONE}`]);
    await bench.apply();
    await bench.work();
    assert.deepEqual(await bench.images(), [`${ONE}~ DISABLED 1`, `${ONE} READY 2`]);
    await assertDone(bench);
  });

  it("everything of vmcatcher-one: the queue, the spool and what was staged", async () => {
    await using bench = await Bench.create();
    await bench.publish(OTHER, "1");
    await bench.publish(THIRD, "1");
    await bench.endorse(ONE, "1");
    await bench.endorse(THIRD, "2");
    await bench.site.vmcatcher.run();
    await bench.work("register-image");
    await bench.endorse(OTHER, "2");
    await bench.site.vmcatcher.run();
    await bench.loseQueue();
    await bench.loseSpool();
    await rm(bench.site.config.stagingDirectory, { recursive: true });
    assert.deepEqual(await bench.findings(), [
      `stale ${OTHER}`,
      `stale ${THIRD}`,
      `missing ${ONE}`,
    ]);
    await bench.apply();
    await bench.work();
    assert.deepEqual(
      (await bench.images()).filter((image) => image.includes("READY")).toSorted(),
      [`${OTHER} READY 2`, `${THIRD} READY 2`, `${ONE} READY 1`].toSorted(),
    );
    await assertDone(bench);
  });
});

describe("when the queue is lost in the middle of the work", { concurrency: 4 }, () => {
  it("the image that was uploaded already is gone on with, and nothing is uploaded again", async () => {
    await using bench = await Bench.create();
    await bench.publish(ONE, "1");
    await bench.endorse(ONE, "2");
    await bench.site.vmcatcher.run();
    bench.site.simulator.inject({ fault: { kind: "reset" }, method: "one.image.rename" });
    await assert.rejects(bench.work());
    assert.deepEqual(await bench.images(), [`${ONE} READY 1`, `${ONE}.pending READY 2`]);
    await bench.loseQueue();
    const before = bench.uploads();
    assert.deepEqual(await bench.findings(), [`stale ${ONE}`]);
    await bench.apply();
    await bench.work();
    assert.deepEqual(await bench.images(), [`${ONE}~ DISABLED 1`, `${ONE} READY 2`]);
    assert.equal(bench.uploads(), before);
    await assertDone(bench);
  });

  it("rights that were not restored yet are restored", async () => {
    await using bench = await Bench.create();
    await bench.publish(ONE, "1");
    const [first] = await bench.site.images();
    await bench.site.oneadmin.chmod(first?.id ?? -1, "644", signal());
    await bench.endorse(ONE, "2");
    await bench.site.vmcatcher.run();
    await bench.work("restore-permissions");
    await bench.loseQueue();
    const before = bench.uploads();
    assert.deepEqual(await bench.findings(), [`unfinished ${ONE}`]);
    await bench.apply();
    await bench.work();
    assert.equal((await bench.site.images())[0]?.mode, "644");
    assert.equal(bench.uploads(), before);
    await assertDone(bench);
  });

  it("an old version that was not closed yet is closed", async () => {
    await using bench = await Bench.create();
    await bench.publish(ONE, "1");
    await bench.endorse(ONE, "2");
    await bench.site.vmcatcher.run();
    bench.site.simulator.inject({ fault: { kind: "reset" }, method: "one.image.chmod" });
    await assert.rejects(bench.work());
    await bench.loseQueue();
    assert.deepEqual(await bench.images(), [`${ONE}~ READY 1`, `${ONE} READY 2`]);
    assert.deepEqual(await bench.findings(), [`unfinished ${ONE}`]);
    await bench.apply();
    await bench.work();
    assert.deepEqual(await bench.images(), [`${ONE}~ DISABLED 1`, `${ONE} READY 2`]);
    await assertDone(bench);
  });

  it("an expired image that was not closed yet is closed", async () => {
    await using bench = await Bench.create();
    await bench.publish(OTHER, "1");
    await bench.publish(ONE, "1");
    await bench.site.vmcatcher.subscribe(ONE, false);
    await bench.site.vmcatcher.run();
    bench.site.simulator.inject({ fault: { kind: "reset" }, method: "one.image.chmod" });
    await assert.rejects(bench.work());
    await bench.loseQueue();
    assert.deepEqual(await bench.images(), [`${OTHER} READY 1`, `${ONE}~ READY 1`]);
    assert.deepEqual(await bench.findings(), [`unfinished ${ONE}`]);
    await bench.apply();
    await bench.work();
    assert.deepEqual(await bench.images(), [`${OTHER} READY 1`, `${ONE}~ DISABLED 1`]);
    await assertDone(bench);
  });
});

/** The second apply finds nothing, and changes nothing. */
async function assertDone(bench: Bench): Promise<void> {
  assert.deepEqual(await bench.findings(), []);
  const before = bench.site.simulator.calls().length;
  assert.deepEqual(await bench.apply(), []);
  await bench.work();
  const calls = bench.site.simulator.calls().slice(before);
  assert.deepEqual([...new Set(calls.map(({ method }) => method))], ["one.imagepool.info"]);
  assert.deepEqual(await readdir(`${bench.site.config.spoolDirectory}/new`), []);
}

function isOf(identifier: string) {
  return (_type: string, of: string) => of === identifier;
}

function signal(): AbortSignal {
  return AbortSignal.timeout(10_000);
}
