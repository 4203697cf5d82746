import assert from "node:assert/strict";
import { mkdir, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Job } from "../../functions/job/job.ts";
import { steps } from "../../functions/registry.ts";
import { recordQueue } from "../../functions/shared/queue/queue-record.ts";
import { forEachTest } from "../fakes/for-each-test.ts";
import { createHousehold } from "./household.ts";

const ENTRY = "1795339616.000000000-0000001";
const PIN = `pin-${ENTRY}`;
const REASON = { code: "x", text: "x", step: "x", time: "2026-11-22T10:00:00Z", attempts: 1 };
const STEPS = Object.keys(steps);

describe("what is in staging", () => {
  const house = forEachTest(createHousehold);

  /** A job whose pin and other files are all in staging. */
  const inWork = async (): Promise<{ job: Job; files: readonly string[] }> => {
    const path = join(house.site.config.stagingDirectory, PIN);
    const job = house.available({ source: { path, pinned: true } });
    const files = [
      PIN,
      `${job.id}.raw`,
      `${job.id}.qcow2`,
      `${job.id}.progress`,
      `${job.id}.warnings`,
      `${job.id}.0123456789abcdef.partial`,
    ].sort();
    for (const name of files) {
      await house.stage(name);
    }
    return { job, files };
  };

  it("is all removed when its job is nowhere, and the log tells of each", async () => {
    const { job } = await inWork();
    const { removed, kept, failures } = await house.pass();
    assert.deepEqual(await house.staged(), []);
    assert.deepEqual(removed.map(({ kind }) => kind).sort(), [
      "disk",
      "disk",
      "partial",
      "pin",
      "progress",
      "warnings",
    ]);
    assert.deepEqual([kept, failures], [[], []]);
    const told = house.lines.filter(({ level }) => level === "info");
    assert.equal(told.length, 6);
    assert.equal(told.filter((line) => line["job"] === job.id).length, 5);
  });

  for (const step of STEPS) {
    it(`stays while its job waits for ${step}, for days`, async () => {
      const { job, files } = await inWork();
      await house.send(job, step);
      await house.pass({ days: 30 });
      assert.deepEqual(await house.staged(), files);
    });
  }

  it("stays while another worker has its job in hand, and while that is hidden by the back-off of an outage", async () => {
    const { job, files } = await inWork();
    const queue = await house.send(job, "register-image");
    const delivery = await house.take(queue);
    await house.pass();
    assert.deepEqual(await house.staged(), files);
    await queue.changeVisibility(delivery, 900);
    await house.pass({ days: 30 });
    assert.deepEqual(await house.staged(), files);
  });

  it("stays while a dead letter could be replayed, and goes when that was discarded", async () => {
    const { job, files } = await inWork();
    const queue = await house.send(job, "convert-image");
    await queue.deadLetter(await house.take(queue), REASON);
    await house.pass({ days: 300 });
    assert.deepEqual(await house.staged(), files);
    await queue.redrive();
    await queue.remove(await house.take(queue));
    await house.pass({ days: 300 });
    assert.deepEqual(await house.staged(), []);
  });

  for (const where of ["new", "tmp", "bad"]) {
    it(`a pin stays while its event lies in spool/${where}`, async () => {
      await house.stage(PIN);
      await house.record(where, ENTRY);
      await house.pass({ days: 30 });
      assert.deepEqual(await house.staged(), [PIN]);
      await rm(join(house.site.config.spoolDirectory, where, ENTRY));
      await house.pass({ days: 30 });
      assert.deepEqual(await house.staged(), []);
    });
  }

  it("a disk stays while any event waits in the spool: its job may be sent once more", async () => {
    const { job } = await inWork();
    await house.record("new", "1795339617.000000000-0000001");
    await house.pass();
    assert.deepEqual(
      await house.staged(),
      [
        `${job.id}.raw`,
        `${job.id}.qcow2`,
        `${job.id}.progress`,
        `${job.id}.warnings`,
        `${job.id}.0123456789abcdef.partial`,
      ].sort(),
    );
  });

  it("stays when the spool cannot be read: it may not be mounted", async () => {
    const { files } = await inWork();
    await rm(house.site.config.spoolDirectory, { recursive: true });
    const { removed, failures } = await house.pass();
    assert.deepEqual(removed, []);
    assert.match(failures.join(), /ENOENT.*spool\/new/);
    assert.deepEqual(await house.staged(), files);
  });

  it("stays when the queue cannot be asked, and the log warns", async () => {
    const { files } = await inWork();
    await house.queues.close();
    const { failures, kept } = await house.pass();
    assert.equal(failures.length, 1);
    assert.equal(kept.length, files.length);
    assert.deepEqual(await house.staged(), files);
    assert.equal(house.lines.filter(({ level }) => level === "warn").length, 1);
  });

  it("stays when the settings name another queue than the one that the events go to", async () => {
    const { files } = await inWork();
    await recordQueue({ ...house.site.config, queue: "sqs" });
    const { removed, failures } = await house.pass({ days: 300 });
    assert.deepEqual(removed, []);
    assert.match(failures.join(), /go to the queue sqs AWS .*, but the settings name sqlite/);
    assert.deepEqual(await house.staged(), files);
  });

  it("stays while it is young, and when it comes from the future", async () => {
    const { files } = await inWork();
    const { kept } = await house.pass({ days: 0.9 });
    assert.equal(kept.length, files.length);
    const future = new Date(Date.now() + 40 * 86_400_000);
    await utimes(join(house.site.config.stagingDirectory, PIN), future, future);
    await house.pass({ days: 30 });
    assert.deepEqual(await house.staged(), [PIN]);
  });

  it("a pin of an old file is as young as the link", async () => {
    const path = await house.stage(PIN);
    await utimes(path, new Date(0), new Date(0));
    await house.pass({ days: 0.9 });
    assert.deepEqual(await house.staged(), [PIN]);
  });

  it("is not touched when the name is not one of ours", async () => {
    const id = "0123456789abcdef0123456789abcdef";
    const foreign = [
      "pin-mine",
      "pin-1.raw",
      id,
      `${id}.iso`,
      `${id}.raw.bak`,
      `x${id}.raw`,
      `${id.toUpperCase()}.raw`,
      `${id}.partial`,
      `${PIN}.old`,
      "disk.raw",
    ].sort();
    for (const name of foreign) {
      await house.stage(name);
    }
    const { removed, kept } = await house.pass({ days: 300 });
    assert.deepEqual([removed, kept], [[], []]);
    assert.deepEqual(await house.staged(), foreign);
  });

  it("is not touched when it is a link or a directory, and no link is followed", async () => {
    const id = "0123456789abcdef0123456789abcdef";
    const { stagingDirectory } = house.site.config;
    const elsewhere = join(house.site.directory, "elsewhere");
    await writeFile(elsewhere, "precious");
    await symlink(elsewhere, join(stagingDirectory, `${id}.raw`));
    await mkdir(join(stagingDirectory, `${id}.qcow2`));
    await symlink(house.site.directory, join(stagingDirectory, PIN));
    const before = await house.staged();
    const { removed } = await house.pass({ days: 300 });
    assert.deepEqual(removed, []);
    assert.deepEqual(await house.staged(), before);
  });

  it("stays when somebody has put another file in its place meanwhile", async () => {
    const { job, files } = await inWork();
    const disk = join(house.site.config.stagingDirectory, `${job.id}.raw`);
    const bodies = async () => {
      await writeFile(join(house.site.directory, "another"), "a late attempt");
      await rename(join(house.site.directory, "another"), disk);
      return [];
    };
    const { kept } = await house.pass({ bodies });
    assert.deepEqual(
      kept.map(({ name }) => name),
      [disk],
    );
    assert.deepEqual((await house.staged()).length, 1);
    assert.ok(files.length > 1);
  });

  it("goes once when several janitors come at the same time", async () => {
    await inWork();
    const reports = await Promise.all([house.pass(), house.pass(), house.pass()]);
    assert.deepEqual(await house.staged(), []);
    assert.deepEqual(
      reports.flatMap(({ failures }) => failures),
      [],
    );
  });

  it("is only told of in a dry run", async () => {
    const { files } = await inWork();
    const { removed } = await house.pass({ dryRun: true });
    assert.equal(removed.length, files.length);
    assert.deepEqual(await house.staged(), files);
  });

  it("goes also while OpenNebula is away, and the log warns of that", async () => {
    await inWork();
    await house.site.simulator.stop();
    const { failures } = await house.pass();
    assert.deepEqual(await house.staged(), []);
    assert.match(failures.join(), /^images: .*ECONNREFUSED/);
    assert.ok(house.lines.some(({ level }) => level === "warn"));
    await house.site.simulator.start();
  });
});
