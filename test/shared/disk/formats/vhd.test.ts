import assert from "node:assert/strict";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { execa } from "execa";
import { inspectVhd } from "../../../../functions/shared/disk/formats/vhd.ts";
import { convertDisk } from "../../../../functions/shared/disk/qemu-img.ts";
import { readerOf } from "../bytes.ts";

const GEOMETRY_BYTES = 10_514_432; // what qemu-img makes of 10 MiB
const SIZE_BYTES = 9 * 2 ** 20;

test("Bug: whether size or geometry counts was left to qemu, whose versions differ. Fix: it is told", async () => {
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-"));
  try {
    const path = join(directory, "image.vhd");
    await execa("qemu-img", ["create", "-q", "-f", "vpc", path, "10M"]);
    const made = await readFile(path);
    for (const [creator, expected] of [
      ["vpc ", GEOMETRY_BYTES],
      ["qemu", GEOMETRY_BYTES],
      ["win ", SIZE_BYTES],
      ["vbox", SIZE_BYTES],
    ] as const) {
      const bytes = Buffer.from(made);
      for (const at of [0, bytes.length - 512]) {
        bytes.write(creator, at + 28, "latin1");
        bytes.writeBigUInt64BE(BigInt(SIZE_BYTES), at + 48);
        sign(bytes.subarray(at, at + 512));
      }
      await writeFile(path, bytes);
      const limits = { maxVirtualSizeBytes: 2 ** 40 };
      const { virtualSizeBytes, driverOptions = {} } = await inspectVhd(readerOf(bytes), limits);
      assert.equal(virtualSizeBytes, expected, creator);
      await using handle = await open(path);
      const target = join(directory, "raw");
      await convertDisk(
        {
          source: { handle, format: "vhd", driverOptions },
          target,
          format: "raw",
          virtualSizeBytes,
          timeoutSeconds: 10,
        },
        AbortSignal.timeout(10_000),
      );
      await using raw = await open(target);
      assert.equal((await raw.stat()).size, expected, creator);
      await rm(target);
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});

function sign(footer: Buffer): void {
  footer.fill(0, 64, 68);
  footer.writeUInt32BE(~footer.reduce((sum, byte) => sum + byte, 0) >>> 0, 64);
}
