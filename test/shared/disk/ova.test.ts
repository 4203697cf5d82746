import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { findOvaDisk } from "../../../functions/shared/disk/ova.ts";
import { archive, member, ovf } from "./archives.ts";
import { readerOf } from "./bytes.ts";

const never = new AbortController().signal;
const DISK = `<Disk ovf:diskId="d" ovf:fileRef="f"/>`;

test("names are relative to the descriptor, and may hold what a command line would not survive", async () => {
  const name = `./json:{"driver":"nbd"}, 'x' "y" -disk.vmdk`;
  const href = name.replaceAll('"', "&quot;");
  const found = await findOvaDisk(
    readerOf(
      archive(
        member("app/x.ovf", ovf(`<File ovf:id="f" ovf:href="${href}"/>`, DISK)),
        member(`app/${name.slice(2)}`, "disk"),
      ),
    ),
    never,
  );
  assert.equal((await found.reader.read(0, 100)).toString(), "disk");
});

test("chunks are read as one disk, in their order", async () => {
  const file = `<File ovf:id="f" ovf:href="d" ovf:size="7" ovf:chunkSize="3"/>`;
  const chunks = ["d.000000002", "d.000000000", "d.000000001"].map((name, index) =>
    member(name, ["g", "abc", "def"][index]),
  );
  const { reader, pieces } = await findOvaDisk(
    readerOf(archive(member("x.ovf", ovf(file, DISK)), ...chunks)),
    never,
  );
  assert.equal(pieces.length, 3);
  assert.equal((await reader.read(0, 100)).toString(), "abcdefg");
  assert.equal((await reader.read(2, 3)).toString(), "cde");
});

test("a chunk that is missing in the middle is noticed by the size", async () => {
  const file = `<File ovf:id="f" ovf:href="d" ovf:size="7" ovf:chunkSize="3"/>`;
  const chunks = [member("d.000000000", "abc"), member("d.000000002", "g")];
  await assert.rejects(
    findOvaDisk(readerOf(archive(member("x.ovf", ovf(file, DISK)), ...chunks)), never),
    { code: "ovf-size-mismatch" },
  );
});

test("the manifest's digests come with the members that they are of", async () => {
  const descriptor = ovf(`<File ovf:id="f" ovf:href="d"/>`, DISK);
  const digest = createHash("sha256").update("disk").digest("hex");
  const { digests } = await findOvaDisk(
    readerOf(
      archive(
        member("x.ovf", descriptor),
        member("d", "disk"),
        member("x.mf", `SHA256(d)= ${digest.toUpperCase()}\r\n`),
      ),
    ),
    never,
  );
  assert.deepEqual(
    digests.map(({ algorithm, digest, member: { name } }) => [algorithm, digest, name]),
    [["sha256", digest, "d"]],
  );
});

for (const [what, line] of [
  ["names what is not there", `SHA256(other)= ${"0".repeat(64)}`],
  ["has a digest of another length", `SHA256(d)= ${"0".repeat(40)}`],
  ["names a member twice", `SHA1(d)= ${"0".repeat(40)}\nSHA1(d)= ${"0".repeat(40)}`],
] as const) {
  test(`a manifest that ${what} is refused`, async () => {
    const bytes = archive(
      member("x.ovf", ovf(`<File ovf:id="f" ovf:href="d"/>`, DISK)),
      member("d", "disk"),
      member("x.mf", line),
    );
    await assert.rejects(findOvaDisk(readerOf(bytes), never), { code: "manifest-mismatch" });
  });
}

test("several manifests are refused: each could ask for another pass over the disk", async () => {
  const digest = createHash("sha256").update("disk").digest("hex");
  const members = [
    member("x.ovf", ovf(`<File ovf:id="f" ovf:href="d"/>`, DISK)),
    member("d", "disk"),
    ...["x.mf", "y.mf"].map((name) => member(name, `SHA256(d)= ${digest}\n`)),
  ];
  await assert.rejects(findOvaDisk(readerOf(archive(...members)), never), {
    code: "manifest-mismatch",
  });
});
