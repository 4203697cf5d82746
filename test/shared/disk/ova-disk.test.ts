import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { inspectContent, inspectImage } from "../../../functions/shared/disk/inspect-image.ts";
import { openImage } from "../../../functions/shared/disk/image-file.ts";
import { archive, member, ovf } from "./archives.ts";
import { readerOf } from "./bytes.ts";

/* The disk in an OVA, once it is found. */

const never = new AbortController().signal;
const RULES = { claim: "ova", maxVirtualSizeBytes: 2 ** 40 } as const;
const SAMPLES = join(import.meta.dirname, "../../fixtures/samples");

async function inspect(bytes: Buffer) {
  return inspectContent({ reader: readerOf(bytes), allocatedBytes: bytes.length }, RULES, never);
}

test("the disk's own header counts, and an OVF with another capacity is warned of", async () => {
  const { warnings, ...found } = await inspect(
    await readFile(join(SAMPLES, "bad/ova-capacity-mismatch.ova")),
  );
  assert.ok(found.packing === undefined);
  assert.equal(found.virtualSizeBytes, 8_388_608);
  assert.deepEqual(warnings, [
    {
      code: "ovf-capacity",
      sentence: 'the OVF says 16777216 bytes for "vmdisk1", a disk of 8388608',
      facts: { declaredBytes: 16_777_216, virtualSizeBytes: 8_388_608 },
    },
  ]);
});

test("a disk that is packed in an OVA takes along what was said of the OVF", async () => {
  const path = join(SAMPLES, "good/plain.qcow2");
  const packed = gzipSync(await readFile(path));
  const found = await inspect(
    archive(
      member(
        "x.ovf",
        ovf(
          `<File ovf:id="f" ovf:href="d" ovf:size="1" ovf:compression="gzip"/>`,
          `<Disk ovf:diskId="d" ovf:fileRef="f" ovf:capacity="1"/>`,
        ),
      ),
      member("d", packed),
    ),
  );
  assert.ok(found.packing !== undefined);
  await using image = await openImage(path);
  const { warnings, chosenBy } = await found.inspect(image, never);
  assert.deepEqual(
    [chosenBy, ...warnings.map(({ code }) => code)],
    ["only disk", "ovf-size", "ovf-capacity"],
  );
});

test("what is no container has no chosen disk", async () => {
  await using image = await openImage(join(SAMPLES, "good/plain.qcow2"));
  const { chosenBy } = await inspectImage(image, { ...RULES, claim: "qcow2" }, never);
  assert.equal(chosenBy, undefined);
});

function ovaOf(disk: Buffer | string): Buffer {
  const file = `<File ovf:id="f" ovf:href="app/x.vmdk"/>`;
  return archive(
    member("x.ovf", ovf(file, `<Disk ovf:diskId="d" ovf:fileRef="f"/>`)),
    member("app/x.vmdk", disk),
    member("app/x-flat.vmdk", Buffer.alloc(512)),
  );
}

function descriptorOf(extents: string): string {
  return `# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType="monolithicFlat"\n${extents}\n`;
}

/** A sparse VMDK with another descriptor in it. */
async function embedded(extents: string): Promise<Buffer> {
  const bytes = await readFile(join(SAMPLES, "good/monolithic-sparse.vmdk"));
  bytes.fill(0, 512, 512 * 21);
  bytes.write(descriptorOf(extents), 512);
  return bytes;
}

for (const [extents, code] of [
  [`RW 1 FLAT "x-flat.vmdk" 0`, "unsupported-subformat"],
  [`RW 1 FLAT "./X-flat.vmdk" 0`, "unsupported-subformat"],
  [`RW 1 VMFS "../app/x-flat.vmdk"`, "unsupported-subformat"],
  [`RW 1 FLAT "y-flat.vmdk" 0`, "external-extent"],
  [`RW 1 FLAT "x-flat.vmdk" 0\nRW 1 FLAT "/etc/passwd" 0`, "external-extent"],
  [`RW 1 FLATDEVICE "x-flat.vmdk" 0`, "external-extent"],
] as const) {
  test(`a descriptor in an OVA for ${JSON.stringify(extents)} is refused as ${code}, embedded or alone`, async () => {
    await assert.rejects(inspect(ovaOf(descriptorOf(extents))), { code });
    await assert.rejects(inspect(ovaOf(await embedded(extents))), { code });
  });
}

test("a sparse VMDK whose data is in another file, too, is refused wherever that is", async () => {
  const extents = `RW 1 SPARSE "formerly.vmdk"\nRW 1 FLAT`;
  await assert.rejects(inspect(ovaOf(await embedded(`${extents} "x-flat.vmdk" 0`))), {
    code: "unsupported-subformat",
  });
  const alone = await embedded(`${extents} "x-flat.vmdk" 0`);
  const content = { reader: readerOf(alone), allocatedBytes: alone.length };
  await assert.rejects(inspectContent(content, { ...RULES, claim: "vmdk" }, never), {
    code: "external-extent",
  });
});
