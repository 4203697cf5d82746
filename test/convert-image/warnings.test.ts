import assert from "node:assert/strict";
import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { execa } from "execa";
import { Attempt } from "../../functions/convert-image/attempt.ts";
import { foreseenArtifact } from "../../functions/convert-image/foreseen-artifact.ts";
import { finishedArtifact } from "../../functions/convert-image/finished-artifact.ts";
import { removeStaged } from "../../functions/shared/staging/staging.ts";
import { systemClock } from "../../functions/shared/time/clock.ts";
import { recordingLog } from "../shared/worker/recording-log.ts";
import { sampleNamed } from "../fixtures/samples/samples.ts";
import { jobFor } from "./job.ts";
import { convert, digestOf, patience, pinned, Site } from "./site.ts";
import { sha512Digest } from "../../functions/job/digest.ts";

/** An OVA whose OVF declares another length of the disk's file. */
const UNUSUAL = "ovf-size-wrong.ova";
const CODES = ["ovf-size"];
const { path: DISK } = sampleNamed("good/plain.raw");

describe("what is unusual about an image that is taken", () => {
  test("is passed on by its codes, and told in the log once for a job, with the facts", async () => {
    await using site = await Site.create();
    const { log, lines } = recordingLog();
    const deps = { ...site.deps, log };
    const job = await pinned(site, UNUSUAL);
    const first = await convert(job, { deps });
    assert.deepEqual(first.artifact?.warnings, CODES);
    assert.deepEqual(
      await convert(job, { deps }),
      first,
      "a second delivery takes the finished disk",
    );
    const warned = lines.filter(({ level }) => level === "warn");
    assert.deepEqual(
      warned.map(({ warning }) => warning),
      CODES,
    );
    assert.ok(Object.keys(Object(warned[0]?.["facts"])).length > 0);
    assert.match(String(warned[0]?.["text"]), /OVF/);
  });

  test("comes to light by the conversion, too", async () => {
    await using site = await Site.create();
    const { log, lines } = recordingLog();
    const raw = join(site.directory, "raw");
    await writeFile(raw, Buffer.alloc(2 ** 20, "\u0001"));
    await execa("qemu-img", ["convert", "-O", "vmdk", "-f", "raw", raw, site.pin]);
    const job = jobFor(site.pin, { sha512: await digestOf(site.pin, "sha512") });
    const { artifact } = await convert(job, { deps: { ...site.deps, log } });
    assert.deepEqual(artifact?.warnings, ["unrecognised"]);
    const warned = lines.filter(({ level }) => level === "warn");
    assert.deepEqual(
      warned.map(({ warning }) => warning),
      ["unrecognised"],
    );
  });

  test("is told once of a raw disk that becomes qcow2", async () => {
    await using site = await Site.create({ VMCATCHER_ONE_FORMAT: "qcow2" });
    const { log, lines } = recordingLog();
    await writeFile(site.pin, Buffer.alloc(2 ** 20, "\u0001"));
    const job = jobFor(site.pin, { sha512: await digestOf(site.pin, "sha512"), format: "RAW" });
    const { artifact } = await convert(job, { deps: { ...site.deps, log } });
    assert.deepEqual(artifact?.warnings, ["unrecognised"]);
    assert.equal(lines.filter(({ level }) => level === "warn").length, 1);
  });

  test("of a pin that is the disk itself is told, too", async () => {
    await using site = await Site.create();
    await writeFile(site.pin, Buffer.alloc(2 ** 20, "\u0001"));
    const job = jobFor(site.pin, { sha512: await digestOf(site.pin, "sha512"), format: "RAW" });
    const { artifact } = await convert(job, site);
    assert.deepEqual([artifact?.path, artifact?.warnings], [site.pin, ["unrecognised"]]);
  });

  test("is foreseen", async () => {
    await using site = await Site.create();
    const job = await pinned(site, UNUSUAL);
    const foresight = {
      config: site.config,
      full: false,
      tell: () => undefined,
      standsFor: () => undefined,
    };
    const foreseen = () => foreseenArtifact({ job, unchanged: false }, foresight, patience());
    assert.deepEqual((await foreseen()).artifact?.warnings, CODES);
    await convert(job, site);
    assert.deepEqual((await foreseen()).artifact?.warnings, CODES, "of a finished disk");
  });

  test("is not told of an image that is refused in the end", async () => {
    await using site = await Site.create();
    const { log, lines } = recordingLog();
    const job = { ...(await pinned(site, UNUSUAL)), digest: sha512Digest("0".repeat(128)) };
    await assert.rejects(convert(job, { deps: { ...site.deps, log } }), {
      code: "checksum-mismatch",
    });
    assert.deepEqual(
      lines.filter(({ level }) => level === "warn"),
      [],
    );
    assert.deepEqual(await site.staged(), []);
  });

  test("is not lost with the pin when the disk was finished before a crash", async () => {
    await using site = await Site.create();
    const job = await pinned(site, UNUSUAL);
    await convert(job, site);
    assert.deepEqual(await site.staged(), [`${job.id}.raw`, `${job.id}.warnings`, "pin-1"].sort());
    await rm(site.pin);
    const { artifact } = await convert(job, site);
    assert.deepEqual(artifact?.warnings, CODES);
  });
});

describe("a disk and what is unusual about its image", () => {
  /** Finishes a disk as an attempt does. @returns what the next attempt finds */
  const finish = async (site: Site, warnings: readonly string[]) => {
    const job = jobFor(site.pin, { sha512: "a".repeat(128) });
    const { stagingDirectory: directory } = site.config;
    const found = () => finishedArtifact(job, directory, site.config, patience());
    const make = async () => {
      await using attempt = await Attempt.begin(directory, job.id, systemClock);
      const disk = await attempt.createFile();
      await disk.handle.writeFile(await readFile(DISK));
      await attempt.finish(disk, "raw", warnings);
    };
    return { job, found, make, paths: (end: string) => join(directory, `${job.id}.${end}`) };
  };

  test("both are found, and the warnings are removed with all that the job has staged", async () => {
    await using site = await Site.create();
    const { job, found, make } = await finish(site, CODES);
    await make();
    assert.deepEqual((await found())?.warnings, CODES);
    await removeStaged(site.config, job);
    assert.deepEqual(await site.staged(), []);
  });

  test("what another version has seen before a crash does not stay when this one sees nothing", async () => {
    await using site = await Site.create();
    const { found, make, paths } = await finish(site, []);
    await writeFile(paths("warnings"), "of-yesterday");
    await make();
    assert.deepEqual((await found())?.warnings, []);
  });

  test("a disk that the version before has finished has none", async () => {
    await using site = await Site.create();
    const { found, paths } = await finish(site, []);
    await copyFile(DISK, paths("raw"));
    assert.deepEqual((await found())?.warnings, []);
  });

  test("whoever crashes before the disk is finished leaves the warnings, and no disk without them", async () => {
    await using site = await Site.create();
    const { job, found, paths } = await finish(site, CODES);
    await using attempt = await Attempt.begin(site.config.stagingDirectory, job.id, systemClock);
    const disk = await attempt.createFile();
    await rm(disk.path); // so that the last step fails
    await assert.rejects(attempt.finish(disk, "raw", CODES), { name: "RetryLater" });
    assert.equal(await readFile(paths("warnings"), "utf8"), "ovf-size");
    assert.equal(await found(), undefined);
  });
});
