import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { execa } from "execa";
import { tarMembers } from "../../../functions/shared/disk/tar-index.ts";
import { layOut, samples } from "../../fixtures/samples/samples.ts";
import { archive, member, pax } from "./archives.ts";
import { readerOf } from "./bytes.ts";

const never = new AbortController().signal;

test("members are where their bytes are, in every dialect of real tar", async () => {
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-"));
  try {
    const long = `${"long-directory/".repeat(12)}disk.vmdk`;
    await mkdir(join(directory, "long-directory/".repeat(12)), { recursive: true });
    await writeFile(join(directory, "x.ovf"), "the descriptor");
    await writeFile(join(directory, long), "the disk".repeat(100));
    await writeFile(join(directory, "ünï 'quoted', json:{}.vmdk"), "odd");
    for (const format of ["gnu", "pax", "oldgnu"]) {
      const path = join(directory, `${format}.ova`);
      await execa("tar", [
        `--format=${format}`,
        "-cf",
        path,
        "-C",
        directory,
        "x.ovf",
        `./${long}`,
        "ünï 'quoted', json:{}.vmdk",
      ]);
      const bytes = await readFile(path);
      const found = (await tarMembers(readerOf(bytes), never)).map(({ name, offset, size }) => [
        name,
        bytes.toString("utf8", offset, offset + size),
      ]);
      assert.deepEqual(
        found,
        [
          ["x.ovf", "the descriptor"],
          [long, "the disk".repeat(100)],
          ["ünï 'quoted', json:{}.vmdk", "odd"],
        ],
        format,
      );
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("the disk of every good OVA begins with the signature of its format", async () => {
  const SIGNATURES = new Map([
    ["vmdk", "KDMV"],
    ["qcow2", "QFI\xFB"],
    ["vdi", "<<< "],
    ["vhdx", "vhdx"],
  ]);
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-"));
  try {
    for (const sample of samples.filter(
      (one) => one.verdict === "accept" && one.declaredFormat === "OVA",
    )) {
      if (sample.compression !== undefined || sample.file.includes("chunked")) {
        continue;
      }
      const path = join(directory, "x.ova");
      await layOut(sample, path);
      const bytes = await readFile(path);
      await rm(path);
      const disk = (await tarMembers(readerOf(bytes), never)).find(
        ({ name }) => name === sample.disk,
      );
      assert.ok(disk, sample.file);
      assert.equal(
        bytes.toString("latin1", disk.offset, disk.offset + 4),
        SIGNATURES.get(sample.format ?? ""),
        sample.file,
      );
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("O6: a name that a shell would obey is only a name, one with a line end is refused", async () => {
  const name = 'a;touch PWNED;$(id) "x",\'y\',json:{"driver":"file"}.vmdk';
  assert.deepEqual(await tarMembers(readerOf(archive(member(name, "abc"))), never), [
    { name, offset: 512, size: 3 },
  ]);
  await assert.rejects(tarMembers(readerOf(archive(member("a\nb.vmdk"))), never), {
    code: "tar-path",
  });
});

for (const [what, code, bytes] of [
  ["an absolute name", "tar-path", archive(member("/etc/passwd"))],
  ["a name that leaves the archive", "tar-path", archive(member("a/../../b"))],
  ["a backslash in a name", "tar-path", archive(member(String.raw`a\b`))],
  [
    "a path for all members",
    "tar-path",
    archive(member("g", pax("path", "x"), { type: "g" }), member("x")),
  ],
  [
    "a name without end",
    "tar-path",
    archive(member("x", pax("path", "a".repeat(1025)), { type: "x" }), member("x")),
  ],
  ["a symbolic link", "tar-link", archive(member("x", "", { type: "2" }))],
  ["a hard link", "tar-link", archive(member("x", "", { type: "1" }))],
  [
    "a long link name",
    "tar-link",
    archive(member("x", "/etc/passwd", { type: "K" }), member("x", "", { type: "2" })),
  ],
  ["a device", "tar-special", archive(member("x", "", { type: "3" }))],
  ["a sparse member", "tar-sparse", archive(member("x", "", { type: "S" }))],
  [
    "a sparse member of pax",
    "tar-sparse",
    archive(member("x", pax("GNU.sparse.major", "1"), { type: "x" }), member("x")),
  ],
  ["a negative size", "tar-bad", archive(member("x", "", { size: "\xFF".repeat(12) }))],
  ["a size that is no number", "tar-bad", archive(member("x", "", { size: "0000000008x\0" }))],
  [
    "a size beyond all numbers",
    "tar-bad",
    archive(member("x", "", { size: `\x80${"\xFF".repeat(11)}` })),
  ],
  [
    "two sizes",
    "tar-bad",
    archive(member("x", pax("size", "1"), { type: "x" }), member("x", "abc")),
  ],
  ["a broken pax record", "tar-bad", archive(member("x", "99 a=b\n", { type: "x" }), member("x"))],
  [
    "a pax key twice",
    "tar-bad",
    archive(member("x", pax("path", "a") + pax("path", "b"), { type: "x" }), member("x")),
  ],
  ["a member beyond the end", "tar-truncated", archive(member("x", "", { size: "00000100000\0" }))],
  ["a header that is cut", "tar-truncated", member("x", "abc").subarray(0, 300)],
  ["something after the end", "tar-bad", Buffer.concat([archive(member("x")), member("y")])],
  [
    "too many members",
    "tar-limit",
    archive(...Array.from({ length: 1001 }, (_, index) => member(`m${index}`))),
  ],
] as const) {
  test(`${what} is refused as ${code}`, async () => {
    await assert.rejects(tarMembers(readerOf(bytes), never), { name: "GiveUp", code });
  });
}

test("a header with a wrong checksum is refused", async () => {
  const bytes = archive(member("x", "abc"));
  bytes.write("y", 0);
  await assert.rejects(tarMembers(readerOf(bytes), never), { code: "tar-bad" });
});

test("an archive may be filled up with zeros to a record, not with gigabytes that somebody has to read", async () => {
  const MIB = 2 ** 20;
  const content = archive(member("a", "b"));
  assert.equal(
    (await tarMembers(readerOf(Buffer.concat([content, Buffer.alloc(MIB / 2)])), never)).length,
    1,
  );
  await assert.rejects(
    tarMembers(readerOf(Buffer.concat([content, Buffer.alloc(2 * MIB)])), never),
    { code: "tar-bad" },
  );
});
