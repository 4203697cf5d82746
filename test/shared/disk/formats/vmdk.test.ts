import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { inspectVmdk } from "../../../../functions/shared/disk/formats/vmdk.ts";
import { readerOf } from "../bytes.ts";

const SAMPLE = readFileSync(join(import.meta.dirname, "../../../fixtures/samples/good/plain.vmdk"));
const DESCRIPTOR_AT = 512;
const FOOTER_AT = SAMPLE.length - 1024;

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
  for (const at of [0, FOOTER_AT]) {
    bytes.writeUInt32LE(bytes.readUInt32LE(at + 8) & ~0x1_0000, at + 8);
  }
  await refused(bytes, "bad-header");
});

test("Bug: a footer that names another descriptor than the header passed. Fix: it is corrupt", async () => {
  for (const [field, value] of [
    [28, 2n],
    [36, 19n],
  ] as const) {
    const bytes = Buffer.from(SAMPLE);
    bytes.writeBigUInt64LE(value, FOOTER_AT + field);
    await refused(bytes, "corrupt");
  }
});

test("Bug: a footer that names other tables than the header passed. Fix: it is corrupt, whichever of them is read", async () => {
  const same = Buffer.from(SAMPLE);
  same.copy(same, 56, FOOTER_AT + 56, FOOTER_AT + 64);
  await inspect(same);
  same.writeBigUInt64LE(same.readBigUInt64LE(56) - 1n, FOOTER_AT + 56);
  await refused(same, "corrupt");
  const redundant = Buffer.from(SAMPLE);
  for (const [at, directory] of [
    [0, 30n],
    [FOOTER_AT, 31n],
  ] as const) {
    redundant.writeUInt32LE(redundant.readUInt32LE(at + 8) | 2, at + 8);
    redundant.writeBigUInt64LE(directory, at + 48);
  }
  await refused(redundant, "corrupt");
});

test("a header that leaves the place of both directories to the footer is believed", async () => {
  const bytes = Buffer.from(SAMPLE);
  for (const at of [0, FOOTER_AT]) {
    bytes.writeUInt32LE(bytes.readUInt32LE(at + 8) | 2, at + 8);
  }
  bytes.writeBigUInt64LE(2n ** 64n - 1n, 48);
  bytes.copy(bytes, FOOTER_AT + 48, FOOTER_AT + 56, FOOTER_AT + 64); // one directory for both
  await inspect(bytes);
});

test("a footer, or its markers, in the place of the tables is corrupt", async () => {
  const bytes = Buffer.from(SAMPLE);
  bytes.writeBigUInt64LE(BigInt(FOOTER_AT / 512), FOOTER_AT + 56);
  await refused(bytes, "corrupt");
});

function replaced(old: string, text: string): Buffer {
  const bytes = Buffer.from(SAMPLE);
  const at = bytes.indexOf(old);
  assert.notEqual(at, -1);
  bytes.write(text, at, "latin1");
  return bytes;
}

async function refused(bytes: Buffer, code: string): Promise<void> {
  await assert.rejects(inspect(bytes), { name: "GiveUp", code });
}

async function inspect(bytes: Buffer) {
  const limits = { maxVirtualSizeBytes: 2 ** 40 };
  return inspectVmdk(readerOf(bytes), limits, AbortSignal.timeout(5000));
}
