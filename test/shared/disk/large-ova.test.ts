import assert from "node:assert/strict";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inspectContent } from "../../../functions/shared/disk/inspect-image.ts";
import { fileReader } from "../../../functions/shared/disk/reader.ts";
import { writeLargeOva } from "./large-ova.ts";

const MIB = 2 ** 20;

test("of an OVA of 10 GiB only headers and tables are read, each in a piece of at most a megabyte", async () => {
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-"));
  try {
    const path = join(directory, "large.ova");
    await writeLargeOva(path, 10);
    await using file = await open(path);
    const { size } = await file.stat();
    const reader = fileReader(file, size);
    const lengths: number[] = [];
    const counted = {
      size,
      read: async (offset: number, length: number) => {
        const bytes = await reader.read(offset, length);
        lengths.push(bytes.length);
        return bytes;
      },
    };
    const finding = await inspectContent(
      { reader: counted, allocatedBytes: 0 },
      { claim: "ova", maxVirtualSizeBytes: 2 ** 40 },
      AbortSignal.timeout(10_000),
    );
    assert.ok(finding.packing === undefined);
    assert.equal(finding.virtualSizeBytes, 10 * 2 ** 30);
    assert.ok(Math.max(...lengths) <= MIB);
    assert.ok(lengths.reduce((sum, length) => sum + length, 0) < 2 * MIB);
  } finally {
    await rm(directory, { recursive: true });
  }
});
