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

for (const [extent, code] of [
  [`FLAT "x-flat.vmdk" 0`, "unsupported-subformat"],
  [`FLAT "./X-flat.vmdk" 0`, "unsupported-subformat"],
  [`FLAT "../app/x-flat.vmdk" 0`, "unsupported-subformat"],
  [`SPARSE "x-flat.vmdk"`, "unsupported-subformat"],
  [`FLAT "y-flat.vmdk" 0`, "external-extent"],
  [`FLAT "x-flat.vmdk" 0\nRW 1 FLAT "/etc/passwd" 0`, "external-extent"],
  [`VMFSRDM "/dev/sda" 0`, "external-extent"],
] as const) {
  test(`a descriptor in an OVA for ${JSON.stringify(extent)} is refused as ${code}`, async () => {
    const descriptor = `# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType="monolithicFlat"\nRW 1 ${extent}\n`;
    await assert.rejects(
      inspect(
        archive(
          member(
            "x.ovf",
            ovf(
              `<File ovf:id="f" ovf:href="app/x.vmdk"/>`,
              `<Disk ovf:diskId="d" ovf:fileRef="f"/>`,
            ),
          ),
          member("app/x.vmdk", descriptor),
          member("app/x-flat.vmdk", Buffer.alloc(512)),
        ),
      ),
      { code },
    );
  });
}
