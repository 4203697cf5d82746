import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { execa } from "execa";
import { handle } from "../../functions/convert-image/handler.ts";
import { openImage } from "../../functions/shared/disk/image-file.ts";
import { inspectImage } from "../../functions/shared/disk/inspect-image.ts";
import { claimOf } from "../../functions/shared/disk/known-formats.ts";
import { GiveUp } from "../../functions/shared/step/errors.ts";
import { fieldSamples, layOut, samples, type Sample } from "../fixtures/samples/samples.ts";
import { jobFor } from "./job.ts";
import { digestOf, Site } from "./site.ts";

/** The predecessor's faults that a sample stands for. */
const ROWS: ReadonlyMap<string, string> = new Map([
  ["good/odd-name.ova", "O2: "],
  ["good/qcow2-in.ova", "O2: "],
  ["good/dot-slash-dirs.ova", "O2: "],
  ["good/empty-second-disk.ova", "O4: "],
  ["bad/ova-dotdot.ova", "O5: "],
  ["bad/ova-symlink-dir-write.ova", "O5: "],
  ["bad/ova-qcow2-backing.ova", "O7: "],
  ["bad/qcow2-huge-virtual-consistent.qcow2.packed.gz", "O8: "],
  ["bad/declared-raw-is-plain-qcow2.raw", "O9: "],
  ["bad/ova-truncated-header.ova", "O11: "],
  ["bad/ova-size-lie.ova", "O11: "],
]);

/** What is said of some that are taken. */
const WARNINGS: ReadonlyMap<string, readonly string[]> = new Map([
  ["bad/ova-capacity-mismatch.ova", ["ovf-capacity"]],
  ["ovf-size-wrong.ova", ["ovf-size"]],
  ["capacity-is-file-size.ova", ["ovf-capacity"]],
  ["undeclared-prefix.ova", ["ovf-prefix"]],
]);

const everySample = [...samples, ...fieldSamples];
const accepted = everySample.filter(({ verdict }) => verdict === "accept");
const refused = everySample.filter(({ verdict }) => verdict === "reject");

test("the samples are all there", () => {
  assert.equal(samples.length, 156);
  assert.equal(fieldSamples.length, 23);
  assert.equal(accepted.length, 30 + 16);
});

describe("the manifests", { concurrency: 4 }, () => {
  for (const sample of accepted) {
    test(`${rowsOf(sample)}${sample.file} becomes exactly its disk, as raw`, async () => {
      await using site = await Site.create();
      const { artifact } = await convert(sample, site);
      assert.ok(artifact);
      assert.equal(await digestOf(artifact.path, "sha256"), sample.rawSha256);
      assert.equal(artifact.format, "raw");
      assert.deepEqual(artifact.warnings, WARNINGS.get(sample.file) ?? []);
      assert.equal(artifact.virtualSizeBytes, sample.virtualSize ?? artifact.sizeBytes);
      assert.equal(artifact.sizeBytes, artifact.virtualSizeBytes);
    });

    test(`${sample.file} becomes exactly its disk, as qcow2`, async () => {
      await using site = await Site.create({ VMCATCHER_ONE_FORMAT: "qcow2" });
      const { artifact } = await convert(sample, site);
      assert.ok(artifact);
      assert.equal(artifact.format, "qcow2");
      const raw = join(site.directory, "back.raw");
      await execa("qemu-img", ["convert", "-f", "qcow2", "-O", "raw", artifact.path, raw]);
      assert.equal(await digestOf(raw, "sha256"), sample.rawSha256);
    });
  }

  for (const sample of refused) {
    test(`${rowsOf(sample)}${sample.file} is refused as ${sample.reason}, and nothing of it stays`, async () => {
      await using site = await Site.create();
      await assert.rejects(
        convert(sample, site),
        (error) => error instanceof GiveUp && error.code === sample.reason && error.message !== "",
      );
      assert.deepEqual(await site.staged(), []);
    });
  }
});

for (const sample of samples.filter(({ leak }) => leak !== undefined && leak !== "second-stage")) {
  test(`O7: ${sample.file} is refused before any other program sees it`, async () => {
    const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-"));
    try {
      const path = join(directory, "image");
      await layOut(sample, path);
      await using image = await openImage(path);
      const options = { claim: claimOf(sample.declaredFormat), maxVirtualSizeBytes: 2 ** 40 };
      await assert.rejects(inspectImage(image, options, AbortSignal.timeout(10_000)), {
        name: "GiveUp",
        code: sample.reason,
      });
    } finally {
      await rm(directory, { recursive: true });
    }
  });
}

async function convert(sample: Sample, site: Site) {
  await layOut(sample, site.pin);
  const job = jobFor(site.pin, { sha512: sample.sha512, format: sample.declaredFormat });
  return handle({ job, unchanged: false }, site.deps, AbortSignal.timeout(60_000));
}

function rowsOf({ file }: Sample): string {
  return ROWS.get(file) ?? "";
}
