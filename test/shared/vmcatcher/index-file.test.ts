import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { execa } from "execa";
import type { Endorsed, Endorsements } from "../../../functions/shared/endorsement/endorsement.ts";
import { vmcatcherEndorsement } from "../../../functions/shared/vmcatcher/endorsement.ts";
import { saveDatabase } from "../../fakes/vmcatcher/database.ts";

const SHA512 = "ab".repeat(64);
const IMAGE = {
  uuid: "U",
  sha512: SHA512,
  size: 2_147_483_648,
  message: "the signed list",
  "dc:title": "A title",
  "hv:image.dc:date:expires": "2499-12-31T22:00:00Z",
  "hv:image.hv:ram_minimum": "512",
  "hv:image.ad:ram_recommended": 1024,
  "hv:image.hv:core_minimum": 1,
  "hv:image.ad:core_recommended": "4",
  "hv:image.ad:user": { fullname: "somebody" },
  "hv:image.hv:version": "1.0",
  "hv:imagelist.dc:identifier": "the-list",
};

let directory = "";
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "vmcatcher-index-"));
  const image = { identifier: "U", file: "", title: "", version: "", sha512: SHA512, size: 1 };
  const listed = new Map([["U", { ...image, list: "the-list" }]]);
  saveDatabase(join(directory, "vmcatcher.db"), listed, new Set()); // of others it is known that they are not endorsed
});
after(() => rm(directory, { recursive: true, force: true }));

async function index(content: unknown) {
  const path = join(directory, "cache.index");
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return look(path);
}

const look = (path: string, signal = AbortSignal.timeout(10_000)) =>
  vmcatcherEndorsement({
    cacheIndex: path,
    downloadDirectory: join(directory, "partial"),
    vmcatcherDatabase: join(directory, "vmcatcher.db"),
  }).look(signal);

/** What is said of an identifier; undefined when it is endorsed no more. */
function endorsedIn(found: Endorsements, identifier: string): Endorsed | undefined {
  const standing = found.of(identifier);
  assert.ok(found.isKnown && standing.kind !== "unknown" && standing.kind !== "awaited");
  return standing.kind === "endorsed" ? standing.image : undefined;
}

function assertUnknown(found: Endorsements, what: string): void {
  assert.deepEqual([found.isKnown, found.of("U").kind], [false, "unknown"], what);
}

it("tells what vmcatcher endorses", async () => {
  const found = await index({ U: IMAGE });
  const written = (await stat(join(directory, "cache.index"))).mtime;
  assert.deepEqual(endorsedIn(found, "U"), {
    identifier: "U",
    digest: `sha512:${SHA512}`,
    title: "A title",
    version: "1.0",
    list: "the-list",
    since: written,
    expires: "2499-12-31T22:00:00Z",
    ramMinimum: "512",
    ramRecommended: "1024",
    coreMinimum: "1",
    coreRecommended: "4",
  });
  assert.equal(endorsedIn(found, "V"), undefined);
});

it("an empty index endorses nothing, and can be read", async () => {
  const found = await index({});
  assert.equal(endorsedIn(found, "U"), undefined);
});

it("takes null, empty, None and whatever is no text for absent", async () => {
  const values = [null, "", "None", { a: 1 }, ["x"], true];
  for (const value of values) {
    const found = await index({
      U: { sha512: SHA512.toUpperCase(), "dc:title": value, "hv:image.hv:ram_minimum": value },
    });
    const entry = endorsedIn(found, "U");
    assert.deepEqual(
      [entry?.digest, entry?.title, entry?.ramMinimum],
      [`sha512:${SHA512}`, undefined, undefined],
    );
  }
});

it("knows nothing of names that every object has", async () => {
  const found = await index({ U: IMAGE });
  for (const name of ["constructor", "toString", "hasOwnProperty", "__proto__"]) {
    assert.equal(endorsedIn(found, name), undefined);
  }
});

it("is not led astray by a key __proto__", async () => {
  const found = await index(
    `{"__proto__": {"sha512": "${SHA512}", "V": {"sha512": "${SHA512}"}}, "U": {"sha512": "${SHA512}"}}`,
  );
  assert.equal(endorsedIn(found, "V"), undefined);
  assert.equal(endorsedIn(found, "U")?.digest, `sha512:${SHA512}`);
  assert.equal(Object.hasOwn(Object.prototype, "sha512"), false);
});

it("an index that is cut off anywhere is unknown", async () => {
  const whole = JSON.stringify({ U: IMAGE, V: IMAGE }, undefined, 4);
  for (let length = 0; length < whole.length; length += 1) {
    assertUnknown(await index(whole.slice(0, length)), `cut off after ${length} characters`);
  }
});

const unknown: readonly [string, unknown][] = [
  ["a list", [IMAGE]],
  ["a text", '"U"'],
  ["null", "null"],
  ["no JSON", "<html>"],
  ["an entry that is null", { U: IMAGE, V: null }],
  ["an entry without a checksum", { U: IMAGE, V: { uuid: "V" } }],
  ["an entry with another kind of checksum", { U: { ...IMAGE, sha512: "abc" } }],
  ["brackets without end", "[".repeat(1_000_000)],
];
for (const [what, content] of unknown) {
  it(`${what} is unknown, not an index that endorses nothing`, async () => {
    assertUnknown(await index(content), what);
  });
}

it("what is no readable file is unknown", async () => {
  await mkdir(join(directory, "a-directory"));
  await execa("mkfifo", [join(directory, "a-pipe")]);
  await writeFile(join(directory, "too-large"), "");
  await truncate(join(directory, "too-large"), 64 * 2 ** 20 + 1);
  for (const name of ["missing", "a-directory", "a-pipe", "too-large"]) {
    assertUnknown(await look(join(directory, name)), name);
  }
  assertUnknown(await look("a\0b"), "a name with NUL");
});

it("an abort is an abort", async () => {
  const reason = new Error("stopping");
  await assert.rejects(look(join(directory, "missing"), AbortSignal.abort(reason)), reason);
});

it("Bug: an index of 300 images of one list, which is repeated for each of them, took hundreds of MiB at each look. Fix: each list is kept once while it is read", async () => {
  const path = join(directory, "cache.index");
  const message = 'signed \\ "list"\n'.repeat(60_000);
  const images = Array.from({ length: 40 }, (_, id) => [`U${id}`, { ...IMAGE, message }] as const);
  await writeFile(path, JSON.stringify(Object.fromEntries(images), undefined, 4));
  const module = import.meta.resolve("../../../functions/shared/vmcatcher/index-file.ts");
  const look = `import { readIndexFile } from ${JSON.stringify(module)};
    const { entries } = await readIndexFile(${JSON.stringify(path)}, AbortSignal.timeout(60_000));
    console.log(entries.get("U39")["dc:title"]);`;
  const little = ["--max-old-space-size=40", "--input-type=module", "--eval", look];
  assert.equal((await execa(process.execPath, little)).stdout, IMAGE["dc:title"]);
});
