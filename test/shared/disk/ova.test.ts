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

const ONE_DISK = ovf(`<File ovf:id="f" ovf:href="d"/>`, DISK);
const HEX = createHash("sha256").update("disk").digest("hex");

async function find(...members: readonly Buffer[]) {
  return findOvaDisk(readerOf(archive(...members)), never);
}

for (const [what, line] of [
  ["SHA1", `SHA1(d)= ${"1".repeat(40)}`],
  ["OpenSSL 3's SHA2-256", `SHA2-256(d)= ${"2".repeat(64)}`],
  ["OpenSSL 3's SHA2-384", `SHA2-384(d)= ${"3".repeat(96)}`],
  ["OpenSSL 3's SHA2-512", `SHA2-512(d)= ${"5".repeat(128)}`],
  ["sha256sum --tag", `SHA256 (d) = ${"2".repeat(64)}`],
  ["somebody with many blanks", ` sha-256 ( ./d )  =  ${"A".repeat(64)} \r`],
] as const) {
  test(`a manifest line as ${what} writes it is one`, async () => {
    const { digests } = await find(
      member("x.ovf", ONE_DISK),
      member("d", "disk"),
      member("x.mf", `${line}\n`),
    );
    assert.deepEqual(
      digests.map(({ member: { name }, algorithm, digest }) => [name, algorithm, digest]),
      [
        [
          "d",
          `sha${/1|256|384|512/.exec(line)?.[0]}`,
          /[0-9a-f]+(?=\s*$)/i.exec(line)?.[0].toLowerCase(),
        ],
      ],
    );
  });
}

for (const line of [`SHA3-256(d)= ${HEX}`, `SHA2256(d)= ${HEX}`, `MD5(d)= ${HEX}`, `${HEX}  d`]) {
  test(`${line.slice(0, 9)}… is no manifest line`, async () => {
    await assert.rejects(
      find(member("x.ovf", ONE_DISK), member("d", "disk"), member("x.mf", line)),
      { code: "manifest-mismatch" },
    );
  });
}

test("what a manifest says of itself and of the certificate cannot be right, and is not verified", async () => {
  const lines = ["x.mf", "X.MF", "x.cert", "d"].map((name) => `SHA256(${name})= ${HEX}\n`);
  const { digests } = await find(
    member("x.ovf", ONE_DISK),
    member("x.mf", lines.join("")),
    member("x.cert", `SHA256(x.mf)= 00\nSHA256(x.cert)= 00\n-----BEGIN CERTIFICATE-----`),
    member("d", "disk"),
  );
  assert.deepEqual(
    digests.map((digest) => digest.member.name),
    ["d"],
  );
});

test("members that nothing refers to may come twice", async () => {
  const pads = ["pad", "pad", "PAD", "./pad"].map((name) => member(name, "x"));
  const { reader } = await find(member("x.ovf", ONE_DISK), ...pads, member("d", "disk"));
  assert.equal((await reader.read(0, 10)).toString(), "disk");
});

const TWO_FILES = ovf(
  `<File ovf:id="f" ovf:href="d"/><File ovf:id="n" ovf:href="%C3%BC.nvram"/><File ovf:id="c" ovf:href="c" ovf:chunkSize="1"/>`,
  DISK,
);
const WHOLE = [
  member("x.ovf", TWO_FILES),
  member("x.mf", `SHA256(listed)= ${HEX}\n`),
  member("d", "disk"),
  member("\u00FC.nvram", "n"),
  member("c.000000000", "c"),
  member("c.000000001", "c"),
  member("listed", "disk"),
];

for (const again of [
  "x.ovf",
  "X.ovf",
  "./x.mf",
  "d",
  "D",
  "././d",
  "u\u0308.nvram",
  "c.000000000",
  "C.000000001",
  "LISTED",
]) {
  test(`what is referred to may not come twice, as ${JSON.stringify(again)} does`, async () => {
    assert.equal((await find(...WHOLE)).pieces[0]?.name, "d");
    for (const members of [
      [...WHOLE, member(again, "other")],
      [member(again, "other"), ...WHOLE],
    ]) {
      await assert.rejects(find(...members), { code: "tar-duplicate" });
    }
  });
}

test("an OVF whose reference differs from the archive in case or form only finds its file", async () => {
  const descriptor = ovf(`<File ovf:id="f" ovf:href="./u%CC%88/D.VMDK"/>`, DISK);
  const { pieces } = await find(member("x.OVF", descriptor), member("\u00FC/d.vmdk", "disk"));
  assert.equal(pieces[0]?.name, "\u00FC/d.vmdk");
});

test("what macOS puts beside files is neither descriptor nor manifest nor disk", async () => {
  const { pieces, digests } = await find(
    member("._x.ovf", "attributes"),
    member("x.ovf", ONE_DISK),
    member("__MACOSX/x.ovf", "attributes"),
    member("._x.mf", "attributes"),
    member("._d", "attributes"),
    member("d", "disk"),
  );
  assert.deepEqual([pieces[0]?.name, digests], ["d", []]);
  const astray = ovf(`<File ovf:id="f" ovf:href="._d"/>`, DISK);
  await assert.rejects(find(member("x.ovf", astray), member("._d", "attributes")), {
    code: "ovf-missing-file",
  });
});

test("the archive says how long a file is, and the OVF is warned of", async () => {
  const descriptor = ovf(`<File ovf:id="f" ovf:href="d" ovf:size="8388608"/>`, DISK);
  const { warnings } = await find(member("x.ovf", descriptor), member("d", "disk"));
  assert.deepEqual(warnings, [
    {
      code: "ovf-size",
      sentence: 'the OVF says 8388608 bytes for "d", which has 4',
      facts: { declaredBytes: 8_388_608, fileBytes: 4 },
    },
  ]);
});

test("a chunked file may have another length than declared, but not another number of chunks", async () => {
  const chunks = [member("d.000000000", "abc"), member("d.000000001", "de")];
  const descriptor = (size: number) =>
    member(
      "x.ovf",
      ovf(`<File ovf:id="f" ovf:href="d" ovf:size="${size}" ovf:chunkSize="3"/>`, DISK),
    );
  const { warnings } = await find(descriptor(6), ...chunks);
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ["ovf-size"],
  );
  await assert.rejects(find(descriptor(7), ...chunks), { code: "ovf-size-mismatch" });
});

for (const [what, document] of [
  ["an element", "<vmw:Config/>"],
  ["an attribute", `<Info vmw:key="x"/>`],
] as const) {
  test(`a prefix that ${what} has and nobody declares is a warning`, async () => {
    const descriptor = ovf(`<File ovf:id="f" ovf:href="d"/>`, DISK, document);
    const { warnings } = await find(member("x.ovf", descriptor), member("d", "disk"));
    assert.deepEqual(warnings, [
      {
        code: "ovf-prefix",
        sentence: 'the OVF uses prefixes that it does not declare: "vmw"',
        facts: { prefixes: '"vmw"' },
      },
    ]);
  });
}

for (const [what, code, document] of [
  ["with a document type", "ovf-doctype", `<!DOCTYPE x><Envelope><vmw:a/></Envelope>`],
  ["that does not close", "ovf-bad", `<Envelope><vmw:a></Envelope>`],
  ["that has an attribute twice", "ovf-bad", `<Envelope><a vmw:b="1" vmw:b="2"/></Envelope>`],
  ["with a bad name", "ovf-bad", `<Envelope><vmw:a:b/></Envelope>`],
] as const) {
  test(`a document ${what} stays refused when a prefix is not declared`, async () => {
    await assert.rejects(find(member("x.ovf", document)), { code });
  });
}

test("of two attributes of one name that of the OVF counts, not a vendor's", async () => {
  const file = `<File xmlns:v="urn:v" ovf:id="f" ovf:href="d" v:href="other" v:id="other"/>`;
  const { pieces } = await find(
    member("x.ovf", ovf(file, DISK)),
    member("d", "disk"),
    member("other", "other"),
  );
  assert.equal(pieces[0]?.name, "d");
});
