import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { inspectVmdk } from "../../../../functions/shared/disk/formats/vmdk.ts";
import { readerOf } from "../bytes.ts";

const SAMPLE = readFileSync(join(import.meta.dirname, "../../../fixtures/samples/good/plain.vmdk"));
const DESCRIPTOR_AT = 512;

test("Bug: a parent that is named behind other text was not seen, but qemu finds it anywhere. Fix: so do we", async () => {
  const hint = 'ddb.x = "parentFileNameHint="/etc/passwd"';
  await refused(replaced("ddb.geometry.cylinders", hint), "parent-disk");
});

test("Bug: a descriptor that is longer than its header says was read in part, by qemu in full. Fix: in full", async () => {
  const bytes = Buffer.from(SAMPLE);
  bytes.writeBigUInt64LE(1n, 36); // one sector instead of twenty
  const filling = "#".repeat(400);
  const end = bytes.indexOf(0, DESCRIPTOR_AT);
  bytes.write(`${filling}\nparentFileNameHint="/etc/passwd"\n`, end, "latin1");
  await refused(bytes, "parent-disk");
});

test("a parent CID is one wherever it stands", async () => {
  await refused(replaced("ddb.geometry.cylinders", "# parentCID=12345678 "), "parent-disk");
});

test("a compression that a flag denies is refused", async () => {
  const bytes = Buffer.from(SAMPLE);
  const footerAt = bytes.length - 1024;
  for (const at of [0, footerAt]) {
    bytes.writeUInt32LE(bytes.readUInt32LE(at + 8) & ~0x1_0000, at + 8);
  }
  await refused(bytes, "bad-header");
});

function replaced(old: string, text: string): Buffer {
  const bytes = Buffer.from(SAMPLE);
  const at = bytes.indexOf(old);
  assert.notEqual(at, -1);
  bytes.write(text, at, "latin1");
  return bytes;
}

async function refused(bytes: Buffer, code: string): Promise<void> {
  const limits = { maxVirtualSizeBytes: 2 ** 40 };
  await assert.rejects(inspectVmdk(readerOf(bytes), limits, AbortSignal.timeout(5000)), { code });
}
