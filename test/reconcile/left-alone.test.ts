import assert from "node:assert/strict";
import { rm, truncate } from "node:fs/promises";
import { describe, it } from "node:test";
import { STATE } from "../../functions/shared/lineage/attributes.ts";
import { Bench, ONE, OTHER } from "./bench.ts";
import { twoLive } from "./two-live.ts";

describe("what is under way is left alone", { concurrency: 4 }, () => {
  it("in the spool, in a queue, and as a dead letter", async () => {
    await using bench = await Bench.create();
    await bench.endorse(ONE, "1", { format: "OVA" }); // which it is not
    await bench.site.vmcatcher.run();
    const why = async () => (await bench.plan()).findings[0]?.held;
    assert.deepEqual(await why(), { kind: "under-way", why: "an event of it waits in the spool" });
    await bench.drain();
    assert.deepEqual(await why(), { kind: "under-way", why: "capture-metadata works on it" });
    assert.deepEqual(await bench.apply(), []);
    await bench.work();
    assert.equal((await why())?.kind, "blocked");
    assert.match(
      (await why())?.why ?? "",
      /^convert-image has given it up \(format-mismatch\): .* replay \d+$/,
    );
    assert.deepEqual(await bench.apply(), []);
    await bench.publish(ONE, "2");
    assert.deepEqual(
      await bench.findings(),
      [],
      "the dead letter of another content counts no more",
    );
  });

  it("a repair that waits is not made again", async () => {
    await using bench = await Bench.create();
    await bench.endorse(ONE, "1");
    await bench.site.vmcatcher.run(() => true);
    assert.equal((await bench.apply()).length, 1);
    assert.equal((await bench.apply()).length, 0);
    await bench.drain();
    assert.equal((await bench.apply()).length, 0);
    await bench.work();
    assert.equal(bench.uploads(), 1);
  });
});

describe("the newest event wins", { concurrency: 4 }, () => {
  it("against a repair that comes late", async () => {
    await using bench = await Bench.create();
    await bench.endorse(ONE, "1");
    await bench.site.vmcatcher.run(() => true);
    await bench.apply();
    await bench.work("register-image"); // the repair is converted and waits
    await bench.site.vmcatcher.subscribe(ONE, false);
    await bench.site.vmcatcher.run();
    await bench.work();
    assert.deepEqual(await bench.images(), []);
    assert.deepEqual(await bench.findings(), []);
  });

  it("against a plan that vmcatcher's next run has made obsolete", async () => {
    await using bench = await Bench.create();
    await bench.endorse(ONE, "1");
    await bench.site.vmcatcher.run(() => true);
    await assert.rejects(
      bench.apply(false, () => bench.site.vmcatcher.run()),
      /saved its index .* meanwhile/,
    );
    await bench.work();
    assert.deepEqual(await bench.images(), []);
  });

  it("and a mark that is newer than the index stays as it is", async () => {
    await using bench = await twoLive();
    const image = (await bench.site.images()).find(({ name }) => name === ONE);
    const marks = new Map([
      [STATE, "pending"],
      ["VMCATCHER_ONE_EVENT_TIME", "2199-01-01T00:00:00.000000000Z"],
    ]);
    await bench.site.oneadmin.append(image?.id ?? -1, marks, AbortSignal.timeout(5000));
    await bench.endorse(ONE, "2");
    await bench.site.vmcatcher.run(() => true);
    assert.deepEqual(await bench.findings(), [`stale ${ONE} !`]);
    assert.match(
      (await bench.plan()).findings[0]?.held?.why ?? "",
      /after vmcatcher saved its index/,
    );
  });
});

describe("what a person must look at is reported and left alone", { concurrency: 4 }, () => {
  it("a file that is not in the cache, or is another one", async () => {
    await using bench = await Bench.create();
    await bench.endorse(ONE, "1");
    await bench.endorse(OTHER, "1");
    await bench.site.vmcatcher.run(() => true);
    await rm(`${bench.site.vmcatcher.cacheDirectory}/${ONE}`);
    await truncate(`${bench.site.vmcatcher.cacheDirectory}/${OTHER}`, 7);
    const { findings } = await bench.plan();
    assert.match(findings[0]?.what ?? "", /has 7 bytes instead of 8192/);
    assert.match(findings[1]?.what ?? "", /is not there/);
    assert.deepEqual(await bench.apply(), []);
  });

  it("two live images", async () => {
    await using bench = await twoLive();
    const user = bench.site.simulator.createUser("alice", "pw");
    bench.site.simulator.addImage({
      name: ONE,
      uid: user,
      attributes: { VMCATCHER_EVENT_DC_IDENTIFIER: ONE },
    });
    await bench.endorse(ONE, "2");
    await bench.site.vmcatcher.run(() => true);
    assert.deepEqual(await bench.findings(), [`duplicate ${ONE} !`]);
    assert.deepEqual(await bench.apply(), []);
  });

  it("a live image of another name", async () => {
    await using bench = await twoLive();
    const image = (await bench.site.images()).find(({ name }) => name === ONE);
    await bench.site.oneadmin.rename(image?.id ?? -1, "another name", AbortSignal.timeout(5000));
    assert.deepEqual(await bench.findings(), [`renamed ${ONE} !`]);
  });

  it("dates that are over", async () => {
    await using bench = await Bench.create();
    bench.site.vmcatcher.setListExpiry("2026-01-01T00:00:00Z");
    await bench.publish(ONE, "1", { expires: "2026-02-01T00:00:00Z" });
    const { findings } = await bench.plan();
    assert.deepEqual(
      findings.map(({ kind, what }) => `${kind}: ${what}`),
      [
        "image-expired: its endorsement ended at 2026-02-01T00:00:00Z",
        "list-expired: the list of 1 images ended at 2026-01-01T00:00:00Z",
      ],
    );
  });
});
