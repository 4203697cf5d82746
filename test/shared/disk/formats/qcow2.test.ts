import assert from "node:assert/strict";
import { test } from "node:test";
import { inspectQcow2 } from "../../../../functions/shared/disk/formats/qcow2.ts";
import type { Reader } from "../../../../functions/shared/disk/reader.ts";
import { readerOf } from "../bytes.ts";

const CLUSTER_BYTES = 65_536;
const L1_ENTRIES = 2048;
const MAX_VIRTUAL_SIZE_BYTES = 2 ** 40;

test("one empty table that is named for the whole disk is refused early, not read over and over", async () => {
  const bytes = image(MAX_VIRTUAL_SIZE_BYTES);
  for (let index = 0; index < L1_ENTRIES; index += 1) {
    bytes.writeBigUInt64BE(BigInt(3 * CLUSTER_BYTES), CLUSTER_BYTES + index * 8);
  }
  let reads = 0;
  const reader: Reader = {
    size: bytes.length,
    read: async (offset, length) => {
      reads += 1;
      return Promise.resolve(bytes.subarray(offset, offset + length));
    },
  };
  await assert.rejects(inspect(reader), { code: "expansion" });
  assert.ok(reads < 20, `${reads} reads`);
});

test("a size that is no whole sectors is refused: qemu cuts the rest off", async () => {
  assert.equal((await inspect(readerOf(image(512)))).virtualSizeBytes, 512);
  await assert.rejects(inspect(readerOf(image(1000))), { code: "bad-header" });
});

test("Bug: a raw data file that there is not passed; qemu-img wants one. Fix: it is an external data file", async () => {
  const bytes = image(2 ** 20);
  bytes.writeUInt32BE(3, 4);
  bytes.writeUInt32BE(4, 96); // reference counts of 16 bits
  bytes.writeUInt32BE(104, 100);
  await inspect(readerOf(bytes));
  bytes.writeUInt32BE(2, 92);
  await assert.rejects(inspect(readerOf(bytes)), { code: "external-data-file" });
});

test("reference counts between clusters are corrupt, behind the end of the file truncated", async () => {
  for (const [offset, code] of [
    [CLUSTER_BYTES / 2, "corrupt"],
    [4 * CLUSTER_BYTES, "truncated"],
  ] as const) {
    const bytes = image(2 ** 20);
    bytes.writeBigUInt64BE(BigInt(offset), 2 * CLUSTER_BYTES);
    await assert.rejects(inspect(readerOf(bytes)), { code });
  }
});

/** Header, level 1 table, refcount table and an empty level 2 table, of a cluster each. */
function image(virtualSizeBytes: number): Buffer {
  const bytes = Buffer.alloc(4 * CLUSTER_BYTES);
  bytes.write("QFI\xFB", 0, "latin1");
  bytes.writeUInt32BE(2, 4);
  bytes.writeUInt32BE(16, 20);
  bytes.writeBigUInt64BE(BigInt(virtualSizeBytes), 24);
  bytes.writeUInt32BE(L1_ENTRIES, 36);
  bytes.writeBigUInt64BE(BigInt(CLUSTER_BYTES), 40);
  bytes.writeBigUInt64BE(BigInt(2 * CLUSTER_BYTES), 48);
  bytes.writeUInt32BE(1, 56);
  return bytes;
}

async function inspect(reader: Reader) {
  const limits = { maxVirtualSizeBytes: MAX_VIRTUAL_SIZE_BYTES };
  return inspectQcow2(reader, limits, AbortSignal.timeout(5000));
}
