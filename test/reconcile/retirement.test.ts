import assert from "node:assert/strict";
import { readFile, rm, truncate, writeFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { StockUnusable } from "../../functions/shared/endorsement/endorsement.ts";
import { Bench, ONE, OTHER, THIRD } from "./bench.ts";
import { twoLive } from "./two-live.ts";

const NO_DATABASE = { VMCATCHER_ONE_VMCATCHER_DB: "/nowhere/vmcatcher.db" };
const EXPIRE = { ...NO_DATABASE, VMCATCHER_ONE_EXPIRE_UNKNOWN: "expire" };
const EXPIRE_WITH_DATABASE = { VMCATCHER_ONE_EXPIRE_UNKNOWN: "expire" };

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
        assert.ok(error instanceof StockUnusable);
        assert.match(error.message, /cache\.index .*nothing is concluded/);
        return true;
      });
      await assert.rejects(bench.apply(true), StockUnusable);
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
