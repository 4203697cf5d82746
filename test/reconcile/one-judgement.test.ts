import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { execa } from "execa";
import { overviewSources } from "../../functions/cli/overview-sources.ts";
import { collectOverview } from "../../functions/shared/overview/overview.ts";
import { isUnavailable } from "../../functions/shared/overview/unavailable.ts";
import { openQueues } from "../../functions/shared/queue/open-queues.ts";
import { type Bench, ONE, OTHER } from "./bench.ts";
import { twoLive } from "./two-live.ts";

const NO_DATABASE = { VMCATCHER_ONE_VMCATCHER_DB: "/nowhere/vmcatcher.db" };

/** A command as an administrator of the site types it. */
const cli = (bench: Bench, ...args: readonly string[]) =>
  execa(process.execPath, ["functions/cli/main.ts", ...args], {
    env: bench.site.env,
    reject: false,
  });

/** What `status` and the page say of an identifier. */
async function statusOf({ site }: Bench, identifier: string): Promise<readonly string[]> {
  const queues = openQueues(site.config);
  try {
    const { identifiers } = await collectOverview(overviewSources(site.config, queues), signal());
    assert.ok(!isUnavailable(identifiers));
    const found = identifiers.find((its) => its.identifier === identifier);
    const codes = (found?.notes ?? []).map(({ code }) => code);
    return [found?.endorsed ?? "", ...codes.filter((code) => code !== "image-warning")]; // the disks are none
  } finally {
    await queues.close();
  }
}

const signal = () => AbortSignal.timeout(10_000);

/** The newer version of an image can never be downloaded. The old one has left the cache, and no event of that has come. */
async function failDownload(bench: Bench): Promise<void> {
  await bench.endorse(ONE, "2");
  await rm(join(bench.site.directory, `${ONE}-2.img`));
  await bench.site.vmcatcher.run(() => true);
}

describe("status, retire and reconcile judge alike", { concurrency: 2 }, () => {
  it("Bug: an update that vmcatcher had not downloaded was 'not endorsed', and retire needed no --force. Fix: the database is asked, as reconcile does", async () => {
    await using bench = await twoLive();
    await failDownload(bench);
    assert.deepEqual(await bench.findings(), [`awaiting-download ${ONE} !`]);
    assert.deepEqual(await statusOf(bench, ONE), ["awaited", "newer-version-due"]);
    assert.deepEqual(await statusOf(bench, OTHER), ["yes"]);
    const refused = await cli(bench, "retire", ONE, "--yes");
    assert.equal(refused.exitCode, 1, refused.stdout);
    assert.match(
      refused.stderr,
      /has not downloaded its update yet: .*unsubscribe it there, or use --force/,
    );
    const forced = await cli(bench, "retire", ONE, "--yes", "--force");
    assert.match(forced.stdout, /^queued as job/);
  });

  it("without the database, by the download that has begun", async () => {
    await using bench = await twoLive(NO_DATABASE);
    await failDownload(bench);
    assert.deepEqual(await statusOf(bench, ONE), ["awaited", "newer-version-due"]);
    assert.equal((await cli(bench, "retire", ONE, "--yes")).exitCode, 1);
  });

  it("what the database says to be unsubscribed is endorsed no more, though a download was begun", async () => {
    await using bench = await twoLive();
    await failDownload(bench);
    await bench.site.vmcatcher.subscribe(ONE, false);
    assert.deepEqual(await statusOf(bench, ONE), ["no", "not-endorsed"]);
    const { stdout, stderr } = await cli(bench, "retire", ONE, "--yes");
    assert.match(stdout, /^queued as job/);
    assert.equal(stderr, "");
  });

  it("without the database, what is not in the cache is not known to be endorsed no more, and each says so", async () => {
    await using bench = await twoLive(NO_DATABASE);
    await bench.site.vmcatcher.subscribe(ONE, false);
    await bench.site.vmcatcher.run(() => true);
    assert.deepEqual(await bench.findings(), [`orphaned ${ONE} !`]);
    assert.deepEqual(await statusOf(bench, ONE), ["unknown", "subscription-unknown"]);
    const told = await cli(bench, "retire", ONE);
    assert.match(told.stdout, /^would retire image/);
    assert.match(told.stderr, /endorses the image is not known: vmcatcher's database \/nowhere\//);
  });

  it("an index that cannot be read is told, and nothing is concluded", async () => {
    await using bench = await twoLive();
    await rm(bench.site.config.cacheIndex);
    assert.deepEqual(await statusOf(bench, ONE), ["unknown"]);
    const { stderr } = await cli(bench, "retire", ONE);
    assert.match(stderr, /is not known: vmcatcher's index .*cache\.index cannot be used: ENOENT/);
  });
});
