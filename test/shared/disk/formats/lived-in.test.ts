import assert from "node:assert/strict";
import { test } from "node:test";
import { RealImage } from "./real-images.ts";

/* Nothing that real tools write is taken for damaged, whatever has happened to the image. */

const QCOW2: readonly (readonly string[])[] = [
  ["-o", "compat=0.10"],
  ["-o", "cluster_size=4k"],
  ["-o", "cluster_size=2M"],
  ["-o", "extended_l2=on,cluster_size=16k"],
  ["-o", "extended_l2=on", "-c"],
  ["-o", "preallocation=metadata"],
  ["-o", "preallocation=falloc"],
  ["-o", "lazy_refcounts=on", "-c"],
  ["-o", "refcount_bits=64,cluster_size=8k", "-c"],
  ["-o", "refcount_bits=1"],
  ["-o", "compression_type=zstd", "-c"],
];

const SNAPSHOTS: readonly (readonly string[])[] = [
  ["snapshot", "-q", "-c", "first", "IMAGE"],
  ["snapshot", "-q", "-c", "second", "IMAGE"],
  ["snapshot", "-q", "-a", "first", "IMAGE"],
  ["snapshot", "-q", "-d", "second", "IMAGE"],
  ["snapshot", "-q", "-d", "first", "IMAGE"],
];

const SIZES: readonly (readonly string[])[] = [
  ["resize", "-q", "-f", "qcow2", "IMAGE", "+100M"],
  ["resize", "-q", "-f", "qcow2", "--shrink", "IMAGE", "7M"],
];

for (const options of QCOW2) {
  test(`qcow2 ${options.join(" ")}: written to, with snapshots, larger and smaller, it is taken`, async () => {
    await using image = await RealImage.create("-O", "qcow2", ...options);
    await image.inspect();
    await image.assertSameDisk("qcow2");
    await change(image);
    const hasSnapshots = options[1] !== "refcount_bits=1"; // they need two
    for (const step of [...(hasSnapshots ? SNAPSHOTS : []), ...SIZES]) {
      await image.run("qemu-img", ...step);
      await image.inspect();
      await change(image);
    }
    await image.inspect();
    await image.run("qemu-img", "check", "-q", "-f", "qcow2", "IMAGE");
  });
}

for (const [name, options] of Object.entries({
  vmdk: ["subformat=monolithicSparse", "subformat=monolithicSparse,zeroed_grain=on"],
  vpc: ["subformat=dynamic", "subformat=dynamic,force_size=on", "subformat=fixed"],
  vhdx: ["subformat=dynamic,block_size=1M", "subformat=fixed,block_size=2M"],
  vdi: ["static=off", "static=on"],
})) {
  test(`${name}: converted, and written to, it is taken`, async () => {
    for (const option of options) {
      await using image = await RealImage.create("-O", name, "-o", option);
      await image.inspect();
      await change(image, name);
      await image.inspect();
    }
  });
}

test("Bug: a snapshot table at the end was cut off when its last entry was not filled up. Fix: it need not be", async () => {
  await using image = await RealImage.create("-O", "qcow2");
  await image.run("qemu-img", "snapshot", "-q", "-c", "name", "IMAGE");
  const bytes = await image.bytes();
  const table = Number(bytes.readBigUInt64BE(64));
  const ENTRY_BYTES = 40 + 24 + 1 + 4; // with extra data, id and name
  await image.replace(bytes.subarray(0, table + ENTRY_BYTES));
  await image.inspect();
  await image.replace(bytes.subarray(0, table + ENTRY_BYTES - 1));
  await assert.rejects(image.inspect(), { code: "truncated" });
});

test("the level 1 table of a snapshot is where it can be, and nothing else is there", async () => {
  await using image = await RealImage.create("-O", "qcow2");
  await image.run("qemu-img", "snapshot", "-q", "-c", "first", "IMAGE");
  const whole = await image.bytes();
  const snapshots = Number(whole.readBigUInt64BE(64));
  for (const [offset, code] of [
    [whole.readBigUInt64BE(40), "corrupt"],
    [65_536n + 512n, "corrupt"],
    [0n, "corrupt"],
    [2n ** 40n, "truncated"],
  ] as const) {
    const bytes = Buffer.from(whole);
    bytes.writeBigUInt64BE(offset, snapshots);
    await image.replace(bytes);
    await assert.rejects(image.inspect(), { name: "GiveUp", code });
  }
});

async function change(image: RealImage, format = "qcow2"): Promise<void> {
  const writes = ["write -P 1 0 70k", "write -P 2 3M 1k", "write -z 4M 200k", "write -P 3 6M 600k"];
  const commands = format === "qcow2" ? [...writes, "discard 6M 100k"] : writes;
  await image.run("qemu-io", "-f", format, ...commands.flatMap((one) => ["-c", one]), "IMAGE");
}
