import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32c } from "../../../../functions/shared/disk/formats/crc32c.ts";
import { RealImage } from "./real-images.ts";

/* What lies in a place of the file that is something else already, in images of qemu-img, each format in its own way. */

type Change = (bytes: Buffer) => void;

const CLUSTER = 65_536;
const SECTOR = 512;
const MIB = 2 ** 20;

refused("qcow2", ["-O", "qcow2"], {
  "a level 1 entry that names the level 1 table": (bytes) => {
    point(bytes, l1Of(bytes), l1Of(bytes));
  },
  "a level 1 entry that names the refcount table": (bytes) => {
    point(bytes, l1Of(bytes), refcountsOf(bytes));
  },
  "a level 1 entry that names reference counts": (bytes) => {
    point(bytes, l1Of(bytes), place(bytes, refcountsOf(bytes)));
  },
  "a level 1 table that is the refcount table": (bytes) => {
    bytes.copy(bytes, 40, 48, 56);
  },
  "reference counts in the level 1 table": (bytes) => {
    bytes.copy(bytes, refcountsOf(bytes), 40, 48);
  },
  "reference counts that are named twice": (bytes) => {
    const first = refcountsOf(bytes);
    bytes.copy(bytes, first + 8, first, first + 8);
  },
  "data in the level 1 table": (bytes) => {
    point(bytes, l2Of(bytes), l1Of(bytes));
  },
  "data in its own table": (bytes) => {
    point(bytes, l2Of(bytes), l2Of(bytes));
  },
  "data in the reference counts": (bytes) => {
    point(bytes, l2Of(bytes), place(bytes, refcountsOf(bytes)));
  },
  "compressed data in the level 1 table": (bytes) => {
    bytes.writeBigUInt64BE(BigInt(l1Of(bytes)) | (1n << 62n), l2Of(bytes));
  },
  "compressed data in other data": (bytes) => {
    const data = place(bytes, l2Of(bytes));
    bytes.writeBigUInt64BE(BigInt(data) | (1n << 62n), l2Of(bytes) + 8);
  },
  "one cluster for two places of the disk": (bytes) => {
    point(bytes, l2Of(bytes) + 8, place(bytes, l2Of(bytes)));
  },
  "a snapshot table in the level 1 table": (bytes) => {
    bytes.writeUInt32BE(1, 60);
    bytes.copy(bytes, 64, 40, 48);
  },
});

refused("qcow2 with small clusters", ["-O", "qcow2", "-o", "cluster_size=512"], {
  "a level 2 table that is named twice": (bytes) => {
    point(bytes, l1Of(bytes) + 8, place(bytes, l1Of(bytes)));
  },
  "a level 2 table in the data of another": (bytes) => {
    point(bytes, l1Of(bytes) + 8, place(bytes, l2Of(bytes)));
  },
});

for (const subformat of ["monolithicSparse", "streamOptimized"]) {
  refused(`VMDK ${subformat}`, ["-O", "vmdk", "-o", `subformat=${subformat}`], {
    "a grain in the header's descriptor": (bytes) => {
      bytes.writeUInt32LE(3, tableOf(bytes));
    },
    "a grain in its table": (bytes) => {
      bytes.writeUInt32LE(tableOf(bytes) / SECTOR, tableOf(bytes));
    },
    "a grain in the directory": (bytes) => {
      bytes.writeUInt32LE(directoryOf(bytes) / SECTOR, tableOf(bytes));
    },
    "one grain for two places of the disk": (bytes) => {
      bytes.copy(bytes, secondTableOf(bytes) + 44, secondTableOf(bytes), secondTableOf(bytes) + 4);
      bytes.copy(bytes, tableOf(bytes) + 44, tableOf(bytes), tableOf(bytes) + 4);
    },
    "a directory in the descriptor": (bytes) => {
      bytes.writeBigUInt64LE(2n, 56);
    },
    "a table that is the directory": (bytes) => {
      bytes.writeUInt32LE(directoryOf(bytes) / SECTOR, directoryOf(bytes));
    },
    "a descriptor that goes on into the tables": (bytes) => {
      bytes.writeBigUInt64LE(21n, 36);
    },
    "a second directory without tables": (bytes) => {
      bytes.writeUInt32LE(0, Number(bytes.readBigUInt64LE(48)) * SECTOR);
    },
    "a second table that tells something else": (bytes) => {
      bytes.writeUInt32LE(0, secondTableOf(bytes));
    },
  });
}

refused("VDI", ["-O", "vdi"], {
  "one block for two places of the disk": (bytes) => {
    bytes.copy(bytes, mapOf(bytes) + 4, mapOf(bytes), mapOf(bytes) + 4);
  },
  "a block that the header does not count": (bytes) => {
    bytes.writeUInt32LE(bytes.readUInt32LE(388) - 1, 388);
  },
  "data in the map": (bytes) => {
    bytes.writeUInt32LE(mapOf(bytes), 344);
  },
  "the map in the header": (bytes) => {
    bytes.writeUInt32LE(0, 340);
  },
});

refused("VHD", ["-O", "vpc"], {
  "one block for two places of the disk": (bytes) => {
    bytes.copy(bytes, 1536 + 4, 1536, 1536 + 4);
  },
  "a block that begins in another": (bytes) => {
    bytes.writeUInt32BE(bytes.readUInt32BE(1536) + 8, 1536 + 4);
  },
  "a block in the block table": (bytes) => {
    bytes.writeUInt32BE(3, 1536);
  },
  "a block in the footer": (bytes) => {
    const last = 1536 + 4 * 3;
    bytes.writeUInt32BE(bytes.readUInt32BE(last) + 1, last);
  },
  "a block table in the header": (bytes) => {
    bytes.writeBigUInt64BE(1024n, 512 + 16);
    sign(bytes.subarray(512, 1536), 36);
  },
  "a header that begins in the footer": (bytes) => {
    bytes.copyWithin(256, 512, 1536);
    for (const at of [0, bytes.length - SECTOR]) {
      bytes.writeBigUInt64BE(256n, at + 16);
      sign(bytes.subarray(at, at + SECTOR), 64);
    }
  },
  "two footers of different sizes": (bytes) => {
    const footer = bytes.subarray(bytes.length - SECTOR);
    footer.writeBigUInt64BE(2n ** 22n, 48);
    sign(footer, 64);
  },
  "two footers of different types": (bytes) => {
    const footer = bytes.subarray(bytes.length - SECTOR);
    footer.writeUInt32BE(4, 60);
    sign(footer, 64);
  },
  "a last footer with a wrong checksum": (bytes) => {
    bytes.fill(0x11, bytes.length - 4);
  },
});

refused("VHDX", ["-O", "vhdx", "-o", "block_size=1M"], {
  "one block for two places of the disk": (bytes) => {
    bytes.copy(bytes, blocksOf(bytes) + 8, blocksOf(bytes), blocksOf(bytes) + 8);
  },
  "a block in the headers": (bytes) => {
    bytes.writeBigUInt64LE(6n, blocksOf(bytes));
  },
  "a block in the log": (bytes) => {
    bytes.writeBigUInt64LE(bytes.readBigUInt64LE(CLUSTER + 72) | 6n, blocksOf(bytes));
  },
  "a block in the block table": (bytes) => {
    bytes.writeBigUInt64LE(BigInt(blocksOf(bytes)) | 6n, blocksOf(bytes));
  },
  "a block that is there in part": (bytes) => {
    bytes.writeUInt8(bytes.readUInt8(blocksOf(bytes)) | 7, blocksOf(bytes));
  },
  "two headers of one age that differ": (bytes) => {
    const [first, second] = [64, 128].map((kib) => bytes.subarray(kib * 1024, kib * 1024 + 4096));
    assert.ok(first !== undefined && second !== undefined);
    first.copy(second, 8, 8, 16);
    signVhdx(second);
  },
  "two region tables that differ": (bytes) => {
    const copy = bytes.subarray(256 * 1024, 320 * 1024);
    copy.writeUInt32LE(copy.readUInt32LE(16 + 24) + MIB, 16 + 24);
    signVhdx(copy);
  },
  "metadata items in one place": (bytes) => {
    const first = metadataOf(bytes) + 32;
    bytes.copy(bytes, first + 32 + 16, first + 16, first + 20);
  },
});

test("a VHD whose last footer is missing is truncated", async () => {
  await using image = await RealImage.create("-O", "vpc");
  await image.replace((await image.bytes()).subarray(0, -SECTOR));
  await assert.rejects(image.inspect(), { code: "truncated" });
});

test("a VHDX that names a parent is a layer, whether its parameters say so or not", async () => {
  await using image = await RealImage.create("-O", "vhdx", "-o", "block_size=1M");
  const bytes = await image.bytes();
  const metadata = metadataOf(bytes);
  const count = bytes.readUInt16LE(metadata + 10);
  bytes.writeUInt16LE(count + 1, metadata + 10);
  const entry = metadata + 32 + count * 32;
  bytes.write("2d5fd3a80bb34d45abf7d3d84834ab0c", entry, "hex");
  bytes.writeUInt32LE(0x2_0000, entry + 16);
  bytes.writeUInt32LE(64, entry + 20);
  bytes.writeUInt32LE(4, entry + 24); // required, as Hyper-V writes it
  await image.replace(bytes);
  await assert.rejects(image.inspect(), { code: "parent-disk" });
});

function refused(
  format: string,
  options: readonly string[],
  changes: Readonly<Record<string, Change>>,
): void {
  void test(`${format}: what lies in the place of something else is corrupt`, async () => {
    await using image = await RealImage.create(...options);
    const whole = await image.bytes();
    await image.inspect();
    for (const [what, change] of Object.entries(changes)) {
      const bytes = Buffer.from(whole);
      change(bytes);
      assert.ok(!bytes.equals(whole), what);
      await image.replace(bytes);
      await assert.rejects(image.inspect(), { name: "GiveUp", code: "corrupt" }, what);
    }
  });
}

/** The place in an entry of a qcow2 table. */
function place(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64BE(at) & 0x00ff_ffff_ffff_fe00n);
}

function point(bytes: Buffer, at: number, to: number): void {
  bytes.writeBigUInt64BE(BigInt(to) | (1n << 63n), at);
}

function l1Of(bytes: Buffer): number {
  return Number(bytes.readBigUInt64BE(40));
}

function refcountsOf(bytes: Buffer): number {
  return Number(bytes.readBigUInt64BE(48));
}

function l2Of(bytes: Buffer): number {
  return place(bytes, l1Of(bytes));
}

function directoryOf(bytes: Buffer): number {
  return Number(bytes.readBigUInt64LE(56)) * SECTOR;
}

function tableOf(bytes: Buffer): number {
  return bytes.readUInt32LE(directoryOf(bytes)) * SECTOR;
}

function secondTableOf(bytes: Buffer): number {
  return bytes.readUInt32LE(Number(bytes.readBigUInt64LE(48)) * SECTOR) * SECTOR;
}

function mapOf(bytes: Buffer): number {
  return bytes.readUInt32LE(340);
}

function regionOf(bytes: Buffer, id: string): number {
  return Number(bytes.readBigUInt64LE(bytes.indexOf(Buffer.from(id, "hex")) + 16));
}

function blocksOf(bytes: Buffer): number {
  return regionOf(bytes, "6677c22d23f600429d64115e9bfd4a08");
}

function metadataOf(bytes: Buffer): number {
  return regionOf(bytes, "06a27c8b90479a4bb8fe575f050f886e");
}

function sign(block: Buffer, at: number): void {
  block.fill(0, at, at + 4);
  block.writeUInt32BE(~block.reduce((sum, byte) => sum + byte, 0) >>> 0, at);
}

function signVhdx(structure: Buffer): void {
  structure.fill(0, 4, 8);
  structure.writeUInt32LE(crc32c(structure), 4);
}
