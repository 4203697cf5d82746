import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { execa } from "execa";
import * as fc from "fast-check";
import { inspectContent } from "../../../functions/shared/disk/inspect-image.ts";
import { bootSector } from "./boot-sector.ts";
import { readerOf } from "./bytes.ts";
import { archive, member } from "./archives.ts";

/** What files that are no disks begin with, and what is said of them. */
const BEGINNINGS = {
  "unsupported-compression": [
    "\x04\x22\x4D\x18", // lz4, and as old versions wrote it
    "\x02\x21\x4C\x18",
    "\x89LZO\0\r\n\x1A\n",
    "LZIP\x01",
    "\x1F\x9D\x90", // compress
    "Rar!\x1A\x07\x01\0",
    "LRZI\0\x06",
    "\xFF\x06\0\0sNaPpY",
    "bvx2",
    "PK\x03\x04",
    "PK\x05\x06",
    "7z\xBC\xAF\x27\x1C",
  ],
  "format-mismatch": [
    "070701",
    "070702",
    "070707",
    "\xC7\x71",
    "\x71\xC7",
    "!<arch>\n",
    "\xED\xAB\xEE\xDB\x03",
    "MSCF\0\0\0\0",
    "\x60\xEA\0\0",
    "\x20\0-lh5-",
    `${"\0".repeat(7)}**ACE**`,
    `${"\0".repeat(20)}\xDC\xA7\xC4\xFD`,
    "xar!\0\x1C",
    "VMA\0\0\0\0\x01",
    "\x3A\xFF\x26\xED\x01\0\0\0",
    "ANDROID!",
    "CrAU\0",
    "MSWIM\0\0\0",
    "WLPWM\0\0\0",
    "EVF\t\r\n\xFF\0\x01",
    "EVF2\r\n\x81\0\x02",
    "LVF\t\r\n\xFF\0\x01",
    "partclone-image\0",
    "PaRtImAgE-VoLuMe",
    "\0ntfsclone-image",
    "\xFE\xEF\x01",
    "\xCE\x24\xB9\xA2\x20\0\0\0",
    "FsArCh_002",
    "btrfs-stream\0",
    "xFSdump0",
    `${"\0".repeat(8)}\xAC\xCB\xBA\xF5\x02\0\0\0`,
    "encrcdsa",
    "sprs\0\0\0\x03",
    "QEVM\0\0\0\x03",
    "LibvirtQemudSave",
    "\x27\x05\x19\x56",
    "\xD0\x0D\xFE\xED",
    `\0${"\xFF".repeat(10)}\0`,
    "\x7FELF\x02\x01\x01",
    "MZ\x90\0",
    "SQLite format 3\0",
    "%PDF-1.7\n%\xE2\xE3",
    "\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xDE\0\0\0\0IDAT",
    "\xFF\xD8\xFF\xE0\0\x10JFIF\0",
    "RIFF\0\x10\0\0WEBPVP8 ",
    "GIF89a\x01\0",
    "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
    "<!DOCTYPE html><html><head><title>404 Not Found</title></head></html>".repeat(10),
  ],
} satisfies Record<string, readonly string[]>;

for (const [code, beginnings] of Object.entries(BEGINNINGS)) {
  describe(`${code}, whatever the list says`, () => {
    for (const beginning of beginnings) {
      test(JSON.stringify(beginning.slice(0, 24)), async () => {
        const file = Buffer.alloc(100_000, 0xa5);
        file.write(beginning, 0, "latin1");
        await assert.rejects(inspect(file), { code });
        await assert.rejects(inspect(file, undefined), { code });
      });
    }
  });
}

test("a tar archive of version 7, which has a checksum only, is no disk", async () => {
  const tar = archive(member("disk.img", Buffer.alloc(5000, 1)));
  tar.fill(0, 257, 263);
  const sum = tar
    .subarray(0, 512)
    .reduce((total, byte, at) => total + (at < 148 || at >= 156 ? byte : 32), 0);
  tar.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  await assert.rejects(inspect(tar), { code: "format-mismatch" });
  tar.write("7", 150);
  assert.equal((await inspect(tar)).packing, undefined);
});

test("LZMA without a container has no magic number, and is no disk either", async () => {
  const { stdout } = await execa({ input: Buffer.alloc(100_000, "x"), encoding: "buffer" })("xz", [
    "--format=lzma",
    "-c",
  ]);
  await assert.rejects(inspect(Buffer.from(stdout)), { code: "unsupported-compression" });
});

test("a Linux kernel is no disk, although its first sector ends as a boot sector does", async () => {
  const kernel = Buffer.concat([bootSector("\xFA\xEB\xFE"), Buffer.alloc(5000)]);
  kernel.write("\xEB\x6AHdrS", 512, "latin1");
  await assert.rejects(inspect(kernel), { code: "format-mismatch" });
});

test("zstd behind frames that are to be skipped is zstd, lz4 behind them is lz4", async () => {
  const skipped = Buffer.from("5e2a4d1804000000deadbeef", "hex");
  const zstd = Buffer.concat([skipped, skipped, zstdCompressSync(Buffer.alloc(1000))]);
  assert.equal((await inspect(zstd)).packing, "zstd");
  const lz4 = Buffer.concat([skipped, Buffer.from("04224d18", "hex")]);
  await assert.rejects(inspect(lz4), { code: "unsupported-compression" });
  await assert.rejects(inspect(skipped), { code: "unsupported-compression" });
});

test("a boot sector with partitions is never taken for another file, whatever its code begins with", async () => {
  const short = [
    "BM",
    "MZ",
    "\x0B\x77",
    "\x78\x01",
    "\x1F\x9D",
    "\x1F\x8B\x08\0",
    "BZh9",
    "\xC7\x71",
    "\x60\xEA",
    "GIF8",
  ];
  const known = [...short, ...Object.values(BEGINNINGS).flat()].filter(
    // Those that say so themselves in our own detector: whoever guesses later would believe them.
    (beginning) => !beginning.startsWith("PK") && !beginning.startsWith("7z"),
  );
  const code = fc.oneof(
    fc.uint8Array({ maxLength: 446 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(...known).map((text) => Buffer.from(text, "latin1")),
  );
  const gaps = fc.array(
    fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 })),
    {
      minLength: 1,
      maxLength: 4,
    },
  );
  await fc.assert(
    fc.asyncProperty(code, gaps, async (beginning, lengths) => {
      let start = 0;
      const entries = lengths.map(([gap, sectors], index) => {
        const entry = { flag: index === 0 ? 0x80 : 0, start: start + gap, sectors };
        start = entry.start + sectors;
        return entry;
      });
      const disk = Buffer.concat([bootSector(beginning, ...entries), Buffer.alloc(250_000)]);
      const finding = await inspect(disk);
      assert.equal(finding.packing, undefined);
      assert.deepEqual(finding.warnings, []);
    }),
    { numRuns: 1000 },
  );
});

test("a boot sector without partitions is told by how its code begins, and a file that ends its sector alike is not one", async () => {
  for (const code of ["\xEB\x3C\x90", "\xFA\x31\xC0", "\x33\xC0\x8E\xD0", "\xB8\xC0\x07"]) {
    const disk = Buffer.concat([bootSector(code), Buffer.alloc(5000)]);
    assert.deepEqual((await inspect(disk)).warnings, []);
  }
  for (const [code, beginnings] of Object.entries(BEGINNINGS)) {
    for (const beginning of beginnings.filter((text) => text.length < 446)) {
      const file = Buffer.concat([bootSector(beginning), Buffer.alloc(5000)]);
      await assert.rejects(inspect(file), { code }, JSON.stringify(beginning));
    }
  }
  const gzip = Buffer.concat([bootSector("\x1F\x8B\x08"), Buffer.alloc(5000)]);
  assert.equal((await inspect(gzip)).packing, "gzip");
});

test("gzip stays gzip", async () => {
  assert.equal((await inspect(gzipSync(Buffer.alloc(1000)))).packing, "gzip");
});

async function inspect(bytes: Buffer, claim: "raw" | undefined = "raw") {
  return inspectContent(
    { reader: readerOf(bytes), allocatedBytes: bytes.length },
    { claim, maxVirtualSizeBytes: 2 ** 40 },
    AbortSignal.timeout(10_000),
  );
}
