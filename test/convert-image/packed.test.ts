import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { execa } from "execa";
import { Attempt } from "../../functions/convert-image/attempt.ts";
import { handle } from "../../functions/convert-image/handler.ts";
import { produceDisk } from "../../functions/convert-image/produce-disk.ts";
import { inspectDisk } from "../../functions/shared/disk/inspect-image.ts";
import { layOut, sampleNamed } from "../fixtures/samples/samples.ts";
import { archive, member, ovf } from "../shared/disk/archives.ts";
import { bootSector } from "../shared/disk/boot-sector.ts";
import { jobFor } from "./job.ts";
import { digestOf, replaceQemuImg, searchPath, Site } from "./site.ts";

const MIB = 2 ** 20;

test("what unpacks to a raw disk is that disk: no other program reads it", async () => {
  await using site = await Site.create();
  using _ = await replaceQemuImg(site.directory, "exit 1");
  const disk = Buffer.alloc(8 * MIB);
  bootSector("", { start: 2048, sectors: 8192 }).copy(disk);
  disk.write("data", 3 * MIB);
  const { artifact } = await convert(site, gzipSync(disk), "raw");
  assert.ok(artifact);
  assert.ok((await readFile(artifact.path)).equals(disk));
  assert.ok((await stat(artifact.path)).blocks * 512 < MIB, "it is sparse");
  assert.equal((await stat(artifact.path)).mode & 0o777, 0o640);
  assert.equal((await site.staged()).length, 2, "the pin and the disk");
});

test("produceDisk gives back the very file that was unpacked", async () => {
  await using site = await Site.create();
  await using attempt = await Attempt.begin(site.config.stagingDirectory, "job", site.deps.clock);
  const file = await attempt.createFile();
  await file.handle.write(Buffer.alloc(512));
  const inspection = await inspectDisk(
    file.handle,
    { claim: "raw", maxVirtualSizeBytes: MIB },
    AbortSignal.timeout(5000),
  );
  const production = { workspace: attempt, config: site.config };
  const image = { source: file.handle, file, inspection };
  assert.equal(await produceDisk(image, production, AbortSignal.timeout(5000)), file);
});

test("the manifest of a packed OVA is verified as that of a plain one", async () => {
  await using site = await Site.create();
  const disk = await contentOf("good/plain.qcow2");
  const archiveWith = (sha256: string) => gzipSync(ovaOf(disk, `SHA256(disk)= ${sha256}\n`));
  await assert.rejects(convert(site, archiveWith("0".repeat(64)), "ova"), {
    code: "manifest-mismatch",
  });
  assert.deepEqual(await site.staged(), []);
  const sha256 = createHash("sha256").update(disk).digest("hex");
  const { artifact } = await convert(site, archiveWith(sha256), "ova");
  assert.equal(
    await digestOf(artifact?.path ?? "", "sha256"),
    sampleNamed("good/plain.qcow2").rawSha256,
  );
});

test("a packed disk in a packed OVA is unpacked twice, and what is packed again in it is refused", async () => {
  await using site = await Site.create();
  const disk = await contentOf("good/plain.qcow2");
  const { artifact } = await convert(site, gzipSync(ovaOf(gzipSync(disk), "", "gzip")), "ova");
  assert.equal(
    await digestOf(artifact?.path ?? "", "sha256"),
    sampleNamed("good/plain.qcow2").rawSha256,
  );
  for (const bytes of [gzipSync(gzipSync(disk)), ovaOf(gzipSync(gzipSync(disk)), "", "gzip")]) {
    await assert.rejects(convert(site, bytes, ""), { code: "format-mismatch" });
  }
});

test("what is packed is no way around the checks, nor around what the list says", async () => {
  await using site = await Site.create();
  const backing = await contentOf("bad/qcow2-backing-etc-passwd.qcow2");
  await assert.rejects(convert(site, gzipSync(backing), "qcow2"), { code: "backing-file" });
  const disk = await contentOf("good/plain.qcow2");
  await assert.rejects(convert(site, gzipSync(disk), "raw"), { code: "format-mismatch" });
  assert.deepEqual(await site.staged(), []);
});

test("a packed file that is not the endorsed one says so, also when it cannot be unpacked", async () => {
  await using site = await Site.create();
  const bytes = gzipSync(await contentOf("good/plain.qcow2")).subarray(0, 500);
  await assert.rejects(convert(site, bytes, "qcow2", "0".repeat(128)), {
    code: "checksum-mismatch",
  });
});

test("layers together may not expand more than one may", async () => {
  await using site = await Site.create();
  const raw = join(site.directory, "raw");
  const image = join(site.directory, "image");
  // Each layer stays far below the limit: the same half kilobyte of noise all over is a hundredth as qcow2, and that again as gzip.
  await writeFile(raw, Buffer.alloc(80 * MIB, randomBytes(512)));
  await execa("qemu-img", ["convert", "-c", "-O", "qcow2", raw, image]);
  await assert.rejects(convert(site, gzipSync(await readFile(image)), "qcow2"), {
    code: "expansion",
    message: /bytes of disk out of a file of/,
  });
  await convert(site, await readFile(image), "qcow2");
});

test("a missing xz is the installation's fault: the job waits, and keeps its pin", async () => {
  await using site = await Site.create();
  const sample = sampleNamed("good/plain.qcow2.xz");
  await layOut(sample, site.pin);
  using _ = searchPath(site.directory);
  const job = jobFor(site.pin, { sha512: sample.sha512 });
  await assert.rejects(handle({ job, unchanged: false }, site.deps, AbortSignal.timeout(30_000)), {
    name: "RetryLater",
  });
  assert.deepEqual(await site.staged(), ["pin-1"]);
});

test("an OVA of several disks gives the one that boots, or is refused where the site wants that", async () => {
  const disk = await contentOf("good/plain.qcow2");
  const bytes = archive(
    member(
      "x.ovf",
      ovf(
        '<File ovf:id="a" ovf:href="disk"/><File ovf:id="b" ovf:href="data"/>',
        '<Disk ovf:diskId="system" ovf:fileRef="a"/><Disk ovf:diskId="data" ovf:fileRef="b"/>',
      ),
    ),
    member("disk", disk),
    member("data", Buffer.alloc(512)),
  );
  await using site = await Site.create();
  const { artifact } = await convert(site, bytes, "ova");
  assert.equal(
    await digestOf(artifact?.path ?? "", "sha256"),
    sampleNamed("good/plain.qcow2").rawSha256,
  );
  await using strict = await Site.create({ VMCATCHER_ONE_SEVERAL_DISKS: "refuse" });
  await assert.rejects(convert(strict, bytes, "ova"), {
    code: "several-disks",
    facts: { bootDisk: "disk", otherDisks: '"data"' },
  });
  assert.deepEqual(await strict.staged(), []);
});

async function convert(site: Site, bytes: Buffer, format: string, sha512?: string) {
  await writeFile(site.pin, bytes);
  const job = jobFor(site.pin, { sha512: sha512 ?? (await digestOf(site.pin, "sha512")), format });
  return handle({ job, unchanged: false }, site.deps, AbortSignal.timeout(30_000));
}

async function contentOf(file: string): Promise<Buffer> {
  await using site = await Site.create();
  await layOut(sampleNamed(file), site.pin);
  return readFile(site.pin);
}

function ovaOf(disk: Buffer, manifest: string, compression = "identity"): Buffer {
  return archive(
    member(
      "x.ovf",
      ovf(
        `<File ovf:id="a" ovf:href="disk" ovf:compression="${compression}"/>`,
        '<Disk ovf:diskId="system" ovf:fileRef="a"/>',
      ),
    ),
    ...(manifest === "" ? [] : [member("x.mf", manifest)]),
    member("disk", disk),
  );
}
