import assert from "node:assert/strict";
import { readFile, rm, truncate, writeFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { IndexUnusable } from "../../functions/reconcile/endorsements.ts";
import { STATE } from "../../functions/shared/lineage/attributes.ts";
import { Bench, ONE, OTHER, THIRD } from "./bench.ts";

const NO_DATABASE = { VMCATCHER_ONE_VMCATCHER_DB: "/nowhere/vmcatcher.db" };
const EXPIRE = { ...NO_DATABASE, VMCATCHER_ONE_EXPIRE_UNKNOWN: "expire" };

async function twoLive(env?: Readonly<Record<string, string>>): Promise<Bench> {
  const bench = await Bench.create(env);
  await bench.endorse(OTHER, "1");
  await bench.publish(ONE, "1");
  return bench;
}

/** vmcatcher expires the image, and the event is lost. */
async function unsubscribeSilently(bench: Bench, identifier: string): Promise<void> {
  await bench.site.vmcatcher.subscribe(identifier, false);
  await bench.site.vmcatcher.run(() => true);
}

describe("an index that says nothing expires nothing", { concurrency: 4 }, () => {
  const accidents: readonly [string, (path: string) => Promise<unknown>][] = [
    ["is missing", (path) => rm(path)],
    ["is half-written", (path) => truncate(path, 1000)],
    ["has no byte", (path) => truncate(path, 0)],
    ["is empty", (path) => writeFile(path, "{}")],
    ["has an entry without a checksum", (path) => writeFile(path, `{"${ONE}": {"size": 1}}`)],
    ["is a list", (path) => writeFile(path, "[]")],
  ];
  for (const [what, happens] of accidents) {
    it(`which ${what}`, async () => {
      await using bench = await twoLive(EXPIRE);
      await happens(bench.site.config.cacheIndex);
      await assert.rejects(bench.plan(), (error: unknown) => {
        assert.ok(error instanceof IndexUnusable);
        assert.match(error.message, /cache\.index .*nothing is concluded/);
        return true;
      });
      await assert.rejects(bench.apply(true), IndexUnusable);
    });
  }

  it("which is empty where nothing is live", async () => {
    await using bench = await Bench.create();
    await bench.site.vmcatcher.run();
    assert.deepEqual(await bench.findings(), []);
  });
});

describe("retiring more than half of the live images", { concurrency: 4 }, () => {
  it("is held back until it is allowed, and other repairs are not", async () => {
    await using bench = await twoLive();
    await bench.endorse(THIRD, "1");
    await bench.site.vmcatcher.subscribe(ONE, false);
    await bench.site.vmcatcher.subscribe(OTHER, false);
    await bench.site.vmcatcher.run(() => true);
    assert.deepEqual((await bench.findings()).toSorted(), [
      `missing ${THIRD}`,
      `orphaned ${OTHER} !`,
      `orphaned ${ONE} !`,
    ]);
    assert.deepEqual(
      (await bench.apply()).map(({ kind }) => kind),
      ["missing"],
    );
    await bench.work();
    assert.match((await bench.plan()).findings[0]?.held?.why ?? "", /--allow-mass-retirement/);
    assert.equal((await bench.apply(true)).length, 2);
    await bench.work();
    assert.deepEqual(
      (await bench.images()).filter((image) => image.includes("READY")),
      [`${THIRD} READY 1`],
    );
  });
});

describe("an image that is not in vmcatcher's cache", { concurrency: 4 }, () => {
  it("stays when vmcatcher's database says that it is subscribed: its update is being downloaded", async () => {
    await using bench = await twoLive(EXPIRE_WITH_DATABASE);
    await bench.endorse(ONE, "2");
    await rm(`${bench.site.directory}/${ONE}-2.img`);
    await bench.site.vmcatcher.run();
    assert.deepEqual(await bench.findings(), [`awaiting-download ${ONE} !`]);
    for (let run = 1; run < 5; run++) {
      await bench.site.vmcatcher.run();
    }
    await bench.work();
    assert.deepEqual(await bench.findings(), [`given-up ${ONE} !`]);
    assert.deepEqual(await bench.images(), [`${OTHER} READY 1`, `${ONE} READY 1`]);
  });

  it("is only reported when nobody knows whether it is subscribed", async () => {
    await using bench = await twoLive(NO_DATABASE);
    await unsubscribeSilently(bench, ONE);
    const { findings, notChecked } = await bench.plan();
    assert.equal(notChecked.length, 1);
    assert.match(notChecked[0] ?? "", /^vmcatcher's database \/nowhere\/vmcatcher\.db: /);
    assert.match(findings[0]?.advice ?? "", /VMCATCHER_ONE_EXPIRE_UNKNOWN=expire/);
    assert.deepEqual(await bench.apply(), []);
  });

  it("is retired when nobody knows, and the setting says so", async () => {
    await using bench = await twoLive(EXPIRE);
    await unsubscribeSilently(bench, ONE);
    assert.equal((await bench.apply()).length, 1);
    await bench.work();
    assert.deepEqual(await bench.images(), [`${OTHER} READY 1`, `${ONE}~ DISABLED 1`]);
  });

  it("stays all the same while vmcatcher is perhaps downloading", async () => {
    await using bench = await twoLive(EXPIRE);
    await unsubscribeSilently(bench, ONE);
    const partial = `${bench.site.config.downloadDirectory}/${THIRD}`;
    await writeFile(partial, "half of an image");
    assert.deepEqual(await bench.findings(), [`orphaned ${ONE} !`]);
    await rm(partial);
    await rm(`${bench.site.config.downloadDirectory}/cache.index`);
    assert.deepEqual(await bench.findings(), [`orphaned ${ONE} !`]);
  });

  it("stays when it is a clone that a user has made", async () => {
    await using bench = await twoLive();
    const image = (await bench.site.images()).find(({ name }) => name === ONE);
    bench.site.simulator.addImage({
      name: "my own",
      attributes: Object.fromEntries(image?.attributes ?? []),
    });
    await bench.site.vmcatcher.subscribe(ONE, false);
    await bench.site.vmcatcher.run();
    await bench.work();
    assert.deepEqual(await bench.findings(), [`renamed ${ONE} !`]);
    assert.deepEqual(await bench.apply(), []);
  });
});

const EXPIRE_WITH_DATABASE = { VMCATCHER_ONE_EXPIRE_UNKNOWN: "expire" };

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

describe("vmcatcher's database", { concurrency: 4 }, () => {
  it("is not changed, and a lock of vmcatcher makes it 'not checked'", async () => {
    await using bench = await twoLive();
    const path = bench.site.config.vmcatcherDatabase;
    const before = await readFile(path);
    await bench.plan();
    assert.deepEqual(await readFile(path), before);
    const vmcatcher = new DatabaseSync(path);
    vmcatcher.exec("BEGIN EXCLUSIVE");
    const begin = performance.now();
    assert.match((await bench.plan()).notChecked.join(), /vmcatcher\.db: database is locked/);
    assert.ok(performance.now() - begin < 10_000, "nobody waits long for it");
    vmcatcher.exec("COMMIT");
    vmcatcher.close();
    assert.deepEqual((await bench.plan()).notChecked, []);
  });

  it("of another vmcatcher counts for nothing", async () => {
    await using bench = await twoLive();
    await unsubscribeSilently(bench, ONE);
    const database = new DatabaseSync(bench.site.config.vmcatcherDatabase);
    database.exec(`UPDATE "ImageDefinition" SET identifier = 'x' || identifier`);
    database.close();
    const plan = await bench.plan();
    assert.match(plan.notChecked.join(), /not this vmcatcher's/);
    assert.deepEqual(
      plan.findings.map(({ repair }) => repair),
      [undefined],
    );
  });
});
