import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { execa } from "execa";
import { Attempt } from "../../functions/convert-image/attempt.ts";
import { inspectOutput } from "../../functions/convert-image/inspect-output.ts";
import { produceDisk } from "../../functions/convert-image/produce-disk.ts";
import { inspectDisk } from "../../functions/shared/disk/inspect-image.ts";
import { claimOf } from "../../functions/shared/disk/known-formats.ts";
import { archive, member, ovf } from "../shared/disk/archives.ts";
import { bootSector } from "../shared/disk/boot-sector.ts";
import { descriptors, DESCRIPTORS_AT } from "../shared/disk/compact-disc.ts";
import { jobFor } from "./job.ts";
import { convert, digestOf, patience, Site } from "./site.ts";

const DISK_BYTES = 4 * 2 ** 20;
const FORMATS = ["raw", "qcow2"] as const;
/** Converted by qemu-img, and inflated by us. */
const SOURCES = ["qcow2", "vmdk"];

test("what is packed and no disk inside is none: an archive, or something packed again", async () => {
  await using site = await Site.create();
  const cpio = Buffer.concat([Buffer.from("070701"), Buffer.alloc(5000, "0")]);
  const inside = [
    cpio,
    archive(member("box.img", bootSector("\xFA"))),
    gzipSync(Buffer.alloc(5000)),
    zstdCompressSync(Buffer.alloc(5000)),
  ];
  for (const bytes of inside) {
    await assert.rejects(converted(site, gzipSync(bytes), "raw"), { code: "format-mismatch" });
  }
  assert.deepEqual(await site.staged(), []);
});

test("a disk of an OVA that is no disk is refused", async () => {
  await using site = await Site.create();
  const file = Buffer.concat([Buffer.from("070701"), Buffer.alloc(5000, "0")]);
  await assert.rejects(converted(site, ovaOf(file), "ova"), { code: "format-mismatch" });
  const packed = ovaOf(gzipSync(gzipSync(file)), "gzip");
  await assert.rejects(converted(site, packed, "ova"), { code: "format-mismatch" });
});

for (const format of FORMATS) {
  test(`a file that is no disk, in another format, is found before it becomes ${format}`, async () => {
    await using site = await Site.create({ VMCATCHER_ONE_FORMAT: format });
    const disk = Buffer.alloc(DISK_BYTES);
    disk.write("\x04\x22\x4D\x18", 0, "latin1");
    for (const source of SOURCES) {
      await assert.rejects(converted(site, await imageOf(site, disk, source), source), {
        code: "nested-format",
        facts: { found: "lz4" },
      });
    }
  });

  test(`a disk without evidence becomes ${format}, or is refused where the site wants it`, async () => {
    const disk = Buffer.concat([Buffer.alloc(512), randomBytes(DISK_BYTES - 512)]);
    await using site = await Site.create({ VMCATCHER_ONE_FORMAT: format });
    await using strict = await Site.create({
      VMCATCHER_ONE_FORMAT: format,
      VMCATCHER_ONE_UNRECOGNISED: "refuse",
    });
    for (const source of ["raw", ...SOURCES]) {
      const bytes = source === "raw" ? disk : await imageOf(site, disk, source);
      assert.ok((await converted(site, bytes, source)).artifact, source);
      await assert.rejects(converted(strict, bytes, source), { code: "unrecognised" });
      assert.deepEqual(await strict.staged(), []);
    }
  });
}

test("a disk that was converted tells what was found in it, and what is to be said of it", async () => {
  await using site = await Site.create();
  await using asQcow2 = await Site.create({ VMCATCHER_ONE_FORMAT: "qcow2" });
  for (const [head, evidence, codes] of [
    [bootSector("\xFA", { start: 100, sectors: 100 }), ["partition table (MBR)"], []],
    [Buffer.alloc(512), [], ["unrecognised"]],
  ] as const) {
    const disk = Buffer.concat([head, Buffer.alloc(DISK_BYTES - head.length, 1)]);
    for (const { config, deps } of [site, asQcow2]) {
      for (const format of SOURCES) {
        await writeFile(site.pin, await imageOf(site, disk, format));
        await using source = await open(site.pin);
        const rules = { ...config, claim: claimOf(format) };
        const inspection = await inspectDisk(source, rules, patience());
        await using workspace = await Attempt.begin(site.directory, "job", deps.clock);
        const image = { source, file: undefined, inspection };
        const output = await produceDisk(image, { workspace, config }, patience());
        const { guest } = await inspectOutput(output, config, inspection, patience());
        assert.deepEqual(guest?.evidence, evidence);
        assert.deepEqual(
          guest.warnings.map(({ code }) => code),
          codes,
        );
      }
    }
  }
});

for (const format of FORMATS) {
  test(`Bug: a disk in a qcow2 was refused for the remains of a CD. Fix: it becomes ${format}, and a CD does not`, async () => {
    await using site = await Site.create({ VMCATCHER_ONE_FORMAT: format });
    const disk = Buffer.alloc(DISK_BYTES);
    descriptors().copy(disk, DESCRIPTORS_AT);
    const isRefused = { code: "nested-format", facts: { found: "iso" } };
    await assert.rejects(converted(site, await imageOf(site, disk, "qcow2"), "qcow2"), isRefused);
    bootSector("\xFA", { start: 2048, sectors: 6000 }).copy(disk);
    const { artifact } = await converted(site, await imageOf(site, disk, "qcow2"), "qcow2");
    assert.equal(artifact?.virtualSizeBytes, DISK_BYTES);
  });
}

async function converted(site: Site, bytes: Buffer, format: string) {
  await writeFile(site.pin, bytes);
  return convert(jobFor(site.pin, { sha512: await digestOf(site.pin, "sha512"), format }), site);
}

async function imageOf(site: Site, disk: Buffer, format: string): Promise<Buffer> {
  const [raw, image] = [join(site.directory, "raw"), join(site.directory, "image")];
  await writeFile(raw, disk);
  const options = format === "vmdk" ? ["-o", "subformat=streamOptimized"] : [];
  await execa("qemu-img", ["convert", "-f", "raw", "-O", format, ...options, raw, image]);
  return readFile(image);
}

function ovaOf(disk: Buffer, compression = "identity"): Buffer {
  const file = `<File ovf:id="a" ovf:href="disk" ovf:compression="${compression}"/>`;
  const descriptor = ovf(file, '<Disk ovf:diskId="system" ovf:fileRef="a"/>');
  return archive(member("x.ovf", descriptor), member("disk", disk));
}
