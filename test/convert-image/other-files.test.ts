import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { execa } from "execa";
import { inspectOutput } from "../../functions/convert-image/inspect-output.ts";
import { archive, member, ovf } from "../shared/disk/archives.ts";
import { bootSector } from "../shared/disk/boot-sector.ts";
import { descriptors, DESCRIPTORS_AT } from "../shared/disk/compact-disc.ts";
import { jobFor } from "./job.ts";
import { convert, digestOf, patience, Site } from "./site.ts";

const DISK_BYTES = 4 * 2 ** 20;
const FORMATS = ["raw", "qcow2"] as const;

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

test("a file that is no disk, in a qcow2, is found when it comes out of it", async () => {
  await using site = await Site.create();
  const disk = Buffer.alloc(DISK_BYTES);
  disk.write("\x04\x22\x4D\x18", 0, "latin1");
  await assert.rejects(converted(site, await qcow2Of(site, disk), "qcow2"), {
    code: "nested-format",
    facts: { found: "lz4" },
  });
});

test("a disk without evidence is taken, or refused where the site wants it, also out of a qcow2", async () => {
  const disk = Buffer.concat([Buffer.alloc(512), randomBytes(DISK_BYTES - 512)]);
  await using site = await Site.create();
  await using strict = await Site.create({ VMCATCHER_ONE_UNRECOGNISED: "refuse" });
  for (const [format, bytes] of [
    ["raw", disk],
    ["qcow2", await qcow2Of(site, disk)],
  ] as const) {
    assert.ok((await converted(site, bytes, format)).artifact, format);
    await assert.rejects(converted(strict, bytes, format), { code: "unrecognised" });
    assert.deepEqual(await strict.staged(), []);
  }
});

test("a finished disk tells what was found in it, and what is to be said of it", async () => {
  await using site = await Site.create();
  const path = join(site.directory, "finished");
  const source = { format: "qcow2", virtualSizeBytes: DISK_BYTES } as const;
  for (const [head, evidence, codes] of [
    [bootSector("\xFA", { start: 100, sectors: 100 }), ["partition table (MBR)"], []],
    [Buffer.alloc(512), [], ["unrecognised"]],
  ] as const) {
    await writeFile(path, Buffer.concat([head, Buffer.alloc(DISK_BYTES - head.length)]));
    await using handle = await open(path);
    const finished = await inspectOutput({ handle }, site.config, source, patience());
    assert.deepEqual(finished.evidence, evidence);
    assert.deepEqual(
      finished.warnings.map(({ code }) => code),
      codes,
    );
  }
});

for (const format of FORMATS) {
  test(`Bug: a disk in a qcow2 was refused for the remains of a CD. Fix: it becomes ${format}, and a CD does not`, async () => {
    await using site = await Site.create({ VMCATCHER_ONE_FORMAT: format });
    const disk = Buffer.alloc(DISK_BYTES);
    descriptors().copy(disk, DESCRIPTORS_AT);
    const isRefused = { code: "nested-format", facts: { found: "iso" } };
    await assert.rejects(converted(site, await qcow2Of(site, disk), "qcow2"), isRefused);
    bootSector("\xFA", { start: 2048, sectors: 6000 }).copy(disk);
    const { artifact } = await converted(site, await qcow2Of(site, disk), "qcow2");
    assert.equal(artifact?.virtualSizeBytes, DISK_BYTES);
  });
}

async function converted(site: Site, bytes: Buffer, format: string) {
  await writeFile(site.pin, bytes);
  return convert(jobFor(site.pin, { sha512: await digestOf(site.pin, "sha512"), format }), site);
}

async function qcow2Of(site: Site, disk: Buffer): Promise<Buffer> {
  const [raw, image] = [join(site.directory, "raw"), join(site.directory, "image")];
  await writeFile(raw, disk);
  await execa("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", raw, image]);
  return readFile(image);
}

function ovaOf(disk: Buffer, compression = "identity"): Buffer {
  const file = `<File ovf:id="a" ovf:href="disk" ovf:compression="${compression}"/>`;
  const descriptor = ovf(file, '<Disk ovf:diskId="system" ovf:fileRef="a"/>');
  return archive(member("x.ovf", descriptor), member("disk", disk));
}
