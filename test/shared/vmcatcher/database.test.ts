import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, it } from "node:test";
import { readSubscriptions } from "../../../functions/shared/vmcatcher/database.ts";
import { saveDatabase } from "../../fakes/vmcatcher/database.ts";

const IMAGE = {
  identifier: "U",
  file: "",
  title: "t",
  version: "1",
  sha512: "ab",
  size: 1,
  list: "L",
};

let directory = "";
let path = "";
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "vmcatcher-db-"));
  path = join(directory, "vmcatcher.db");
});
after(() => rm(directory, { recursive: true }));

function endorsed(change = ""): boolean | undefined {
  saveDatabase(path, new Map([["U", IMAGE]]), new Set(["U"]));
  const database = new DatabaseSync(path);
  database.exec(change);
  database.close();
  const found = readSubscriptions(path);
  assert.ok("images" in found, JSON.stringify(found));
  return found.images.get("U")?.endorsed;
}

it("endorsed is what vmcatcher_image -l calls 3", () => {
  assert.equal(endorsed(), true);
  assert.equal(endorsed(`UPDATE "ImageDefinition" SET cache = 0`), false, "not subscribed");
  assert.equal(
    endorsed(`UPDATE subscription SET imagelist_latest = 2`),
    false,
    "not in the latest list",
  );
  assert.equal(endorsed(`UPDATE subscription SET authorised = 0`), false, "not authorised");
  assert.equal(endorsed(`UPDATE "imageListInstance" SET expired = '2026-01-01'`), false, "expired");
});

it("takes SQLAlchemy's URL of an absolute path", () => {
  saveDatabase(path, new Map([["U", IMAGE]]), new Set(["U"]));
  for (const url of [`sqlite:///${path}`, `sqlite+pysqlite:///${path}`]) {
    assert.ok("images" in readSubscriptions(url), url);
  }
});

const unusable: readonly [string, () => Promise<string>, RegExp][] = [
  [
    "another kind of database, whose password stays unsaid",
    async () => "mysql://root:secret@host/db",
    /not mysql$/,
  ],
  ["a relative path", async () => "sqlite:///vmcatcher.db", /absolute path/],
  ["no file", async () => join(directory, "missing.db"), /missing\.db: unable to open/],
  ["a file of something else", () => made("text.db", "no database at all"), /text\.db: /],
  ["an empty file", () => made("empty.db", ""), /no such table/],
  ["other tables", otherTables, /its tables are not those of vmcatcher|no such column/],
  ["no image", noImage, /knows no image/],
];
for (const [what, make, told] of unusable) {
  it(`is not checked: ${what}`, async () => {
    const found = readSubscriptions(await make());
    assert.ok("notChecked" in found);
    assert.match(found.notChecked, told);
    assert.doesNotMatch(found.notChecked, /secret/);
  });
}

async function made(name: string, content: string): Promise<string> {
  await writeFile(join(directory, name), content);
  return join(directory, name);
}

async function otherTables(): Promise<string> {
  const other = join(directory, "other.db");
  const database = new DatabaseSync(other);
  database.exec(
    `CREATE TABLE ImageDefinition (identifier); CREATE TABLE subscription (id); CREATE TABLE ImageInstance (id); CREATE TABLE imageListInstance (id)`,
  );
  database.close();
  return other;
}

async function noImage(): Promise<string> {
  const none = join(directory, "none.db");
  saveDatabase(none, new Map(), new Set());
  return none;
}
