import assert from "node:assert/strict";
import { test } from "node:test";
import { detect } from "../../../functions/shared/disk/detect.ts";
import { readerOf } from "./bytes.ts";
import { descriptors, DESCRIPTORS_AT } from "./compact-disc.ts";

test("a disk with a boot sector is nothing but raw", async () => {
  const disk = Buffer.alloc(100_000);
  disk.set([0xfa, 0xeb], 0);
  disk.set([0x55, 0xaa], 510);
  assert.deepEqual(await detect(readerOf(disk)), []);
});

test("an error page, also one that is cut in the middle of a character, is text", async () => {
  assert.deepEqual(await detect(readerOf(Buffer.from("<html>404 Not Found</html>\r\n"))), ["text"]);
  assert.deepEqual(await detect(readerOf(Buffer.from(`x${"é".repeat(1000)}`))), ["text"]);
});

test("all places of a signature are looked at, and all that is found is told", async () => {
  const disk = Buffer.alloc(100_000);
  disk.write("\x7F\x10\xDA\xBE", 64, "latin1");
  descriptors(40).copy(disk, DESCRIPTORS_AT);
  disk.write("conectix", disk.length - 511);
  disk.write("QED\0", 0, "latin1");
  assert.deepEqual([...(await detect(readerOf(disk)))].sort(), ["iso", "qed", "vdi", "vhd-footer"]);
});

test("a VMDK descriptor is found behind comments and blank lines, as qemu finds it", async () => {
  assert.deepEqual(
    await detect(readerOf(Buffer.from('# x\n\n  \nversion=1\nRW 1 FLAT "/etc/passwd" 0\n'))),
    ["vmdk-descriptor"],
  );
  assert.deepEqual(await detect(readerOf(Buffer.from("\n# disk descriptorfile\nversion = 1\n"))), [
    "vmdk-descriptor",
  ]);
});
