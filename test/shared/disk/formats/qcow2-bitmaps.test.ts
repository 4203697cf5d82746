import assert from "node:assert/strict";
import { test } from "node:test";
import { RealImage } from "./real-images.ts";

const AUTOCLEAR_AT = 88;
const DIRECTORY_SIZE = 8; // in the extension
const DIRECTORY_OFFSET = 16;
const CLUSTER_BYTES = 65_536;

test("an image with the bitmaps of incremental backups is the disk that it was without", async () => {
  for (const options of ["cluster_size=64k", "cluster_size=512", "extended_l2=on"]) {
    await using image = await imageWithBitmaps("-o", options);
    const { format, virtualSizeBytes } = await image.inspect();
    assert.deepEqual({ format, virtualSizeBytes }, { format: "qcow2", virtualSizeBytes: 2 ** 23 });
    await image.assertSameDisk("qcow2");
  }
});

test("a bitmap that was in use when its program was killed may have the length of another disk", async () => {
  await using image = await imageWithBitmaps();
  const bytes = await image.bytes();
  const { entry } = placesOf(bytes);
  bytes.writeUInt32BE(bytes.readUInt32BE(entry + 12) | 1, entry + 12);
  bytes.writeUInt8(31, entry + 17);
  await image.replace(bytes);
  await image.inspect();
  await image.assertSameDisk("qcow2");
});

test("bitmaps that a later program did not know are ignored, as qemu does", async () => {
  await using image = await imageWithBitmaps();
  const bytes = await image.bytes();
  const { extension } = placesOf(bytes);
  bytes.fill(0, AUTOCLEAR_AT, AUTOCLEAR_AT + 8);
  bytes.fill(0xee, extension, extension + 24);
  await image.replace(bytes);
  await image.inspect();
  await image.assertSameDisk("qcow2");
});

/** What may be wrong, and how it is refused; `isRead` when qemu-img reads the disk all the same. */
const DAMAGES: Readonly<
  Record<
    string,
    {
      readonly code: string;
      readonly isRead?: true;
      readonly change: (bytes: Buffer, places: Places) => void;
    }
  >
> = {
  "no bitmaps": {
    code: "corrupt",
    change: (bytes, { extension }) => bytes.writeUInt32BE(0, extension),
  },
  "one bitmap less": {
    code: "corrupt",
    change: (bytes, { extension }) => bytes.writeUInt32BE(2, extension),
  },
  "one bitmap more": {
    code: "corrupt",
    change: (bytes, { extension }) => bytes.writeUInt32BE(4, extension),
  },
  "a million bitmaps": {
    code: "table-limit",
    change: (bytes, { extension }) => bytes.writeUInt32BE(1_000_000, extension),
  },
  "a directory of 1 GiB": {
    code: "table-limit",
    change: (bytes, { extension }) => bytes.writeBigUInt64BE(2n ** 30n, extension + DIRECTORY_SIZE),
  },
  "a directory that is cut short": {
    code: "corrupt",
    change: (bytes, { extension }) => bytes.writeBigUInt64BE(40n, extension + DIRECTORY_SIZE),
  },
  "a directory between clusters": {
    code: "corrupt",
    change: (bytes, { extension, directory }) =>
      bytes.writeBigUInt64BE(BigInt(directory + 512), extension + DIRECTORY_OFFSET),
  },
  "a directory behind the end": {
    code: "truncated",
    change: (bytes, { extension }) =>
      bytes.writeBigUInt64BE(2n ** 40n, extension + DIRECTORY_OFFSET),
  },
  "a directory in the level 1 table": {
    code: "corrupt",
    change: (bytes, { extension }) =>
      bytes.writeBigUInt64BE(bytes.readBigUInt64BE(40), extension + DIRECTORY_OFFSET),
  },
  "an extension of 20 bytes": {
    code: "corrupt",
    change: (bytes, { extension }) => bytes.writeUInt32BE(20, extension - 4),
  },
  "bits of less than a sector": {
    code: "corrupt",
    change: (bytes, { entry }) => bytes.writeUInt8(8, entry + 17),
  },
  "a flag that nobody knows": {
    code: "corrupt",
    change: (bytes, { entry }) => bytes.writeUInt32BE(4, entry + 12),
  },
  "another type": {
    code: "corrupt",
    change: (bytes, { entry }) => bytes.writeUInt8(2, entry + 16),
  },
  "a name of 60,000 bytes": {
    code: "corrupt",
    change: (bytes, { entry }) => bytes.writeUInt16BE(60_000, entry + 18),
  },
  "extra data of 4 GiB": {
    code: "corrupt",
    change: (bytes, { entry }) => bytes.writeUInt32BE(2 ** 32 - 1, entry + 20),
  },
  "two bitmaps of one name": {
    code: "corrupt",
    change: (bytes, { entry }) => bytes.write("two", entry + 24, "latin1"),
  },
  "a table that is too long": {
    code: "corrupt",
    change: (bytes, { entry }) => bytes.writeUInt32BE(9, entry + 8),
  },
  "no table": {
    code: "corrupt",
    change: (bytes, { entry }) => bytes.writeBigUInt64BE(0n, entry),
  },
  "a table between clusters": {
    code: "corrupt",
    change: (bytes, { entry, table }) => bytes.writeBigUInt64BE(BigInt(table + 8), entry),
  },
  "a table behind the end": {
    code: "truncated",
    isRead: true,
    change: (bytes, { entry }) => bytes.writeBigUInt64BE(2n ** 40n, entry),
  },
  "a table in the level 1 table": {
    code: "corrupt",
    change: (bytes, { entry }) => bytes.copy(bytes, entry, 40, 48),
  },
  "a piece between clusters": {
    code: "corrupt",
    change: (bytes, { table }) => bytes.writeBigUInt64BE(BigInt(CLUSTER_BYTES + 512), table),
  },
  "a piece behind the end": {
    code: "truncated",
    isRead: true,
    change: (bytes, { table }) => bytes.writeBigUInt64BE(2n ** 40n, table),
  },
  "a piece in the level 1 table": {
    code: "corrupt",
    isRead: true,
    change: (bytes, { table }) => bytes.copy(bytes, table, 40, 48),
  },
};

test("bitmaps that are not as they should be are refused, among them all that qemu-img does not open", async () => {
  await using image = await imageWithBitmaps();
  const whole = await image.bytes();
  for (const [what, { code, isRead, change }] of Object.entries(DAMAGES)) {
    const bytes = Buffer.from(whole);
    change(bytes, placesOf(bytes));
    await image.replace(bytes);
    await assert.rejects(image.inspect(), { name: "GiveUp", code }, what);
    const read = image.assertSameDisk("qcow2");
    await (isRead === true ? read : assert.rejects(read, /Could not open/, what));
  }
});

test("bitmaps that would fill the memory when they are loaded are refused", async () => {
  await using image = await RealImage.create("-O", "qcow2");
  await image.run("qemu-img", "resize", "-q", "-f", "qcow2", "IMAGE", "512G");
  await image.run("qemu-img", "bitmap", "--add", "-g", "512", "IMAGE", "one");
  await image.inspect();
  for (const name of ["two", "three"]) {
    await image.run("qemu-img", "bitmap", "--add", "-g", "512", "IMAGE", name);
  }
  await assert.rejects(image.inspect(), { code: "table-limit" });
});

/** With data in the first one, which a second program has left switched on. */
async function imageWithBitmaps(...options: readonly string[]): Promise<RealImage> {
  const image = await RealImage.create("-O", "qcow2", ...options);
  await image.run("qemu-img", "bitmap", "--add", "-g", "512", "IMAGE", "one");
  await image.run("qemu-io", "-f", "qcow2", "-c", "write 1M 5k", "IMAGE");
  await image.run("qemu-io", "-f", "qcow2", "-c", "write -z 1M 5k", "IMAGE");
  await image.run("qemu-img", "bitmap", "--add", "-g", "4k", "IMAGE", "two");
  await image.run("qemu-img", "bitmap", "--add", "--disable", "IMAGE", "off");
  return image;
}

/** Where things are in an image. */
interface Places {
  /** What the header extension says. */
  readonly extension: number;
  readonly directory: number;
  /** Of the bitmaps `one` and `two`, in the directory. */
  readonly entry: number;
  readonly second: number;
  /** Of the bitmap `one`. */
  readonly table: number;
}

function placesOf(bytes: Buffer): Places {
  const extension = bytes.indexOf(Buffer.from("2385287500000018", "hex")) + 8;
  const directory = Number(bytes.readBigUInt64BE(extension + DIRECTORY_OFFSET));
  const ENTRY_BYTES = 32;
  const entries = [0, 1, 2].map((index) => directory + index * ENTRY_BYTES);
  const named = (name: string) =>
    entries.find((at) => bytes.toString("latin1", at + 24, at + 27) === name) ?? 0;
  const entry = named("one");
  const table = Number(bytes.readBigUInt64BE(entry));
  return { extension, directory, entry, second: named("two"), table };
}
