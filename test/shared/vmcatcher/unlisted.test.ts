import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { vmcatcherEndorsement } from "../../../functions/shared/vmcatcher/endorsement.ts";
import { saveDatabase } from "../../fakes/vmcatcher/database.ts";

const SHA512 = "ab".repeat(64);
const IMAGE = { file: "", title: "t", version: "1", sha512: SHA512, size: 1, list: "L" };

describe("an image that vmcatcher's index does not name", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "vmcatcher-unlisted-"));
    await mkdir(join(directory, "partial"));
    await writeFile(cacheIndex(), JSON.stringify({ LISTED: { sha512: SHA512 } }));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const signal = () => AbortSignal.timeout(10_000);
  const cacheIndex = () => join(directory, "cache.index");
  const endorsement = () =>
    vmcatcherEndorsement({
      cacheIndex: cacheIndex(),
      downloadDirectory: join(directory, "partial"),
      vmcatcherDatabase: join(directory, "vmcatcher.db"),
    });
  /** The database knows these, all in the latest list. */
  const known = (identifiers: readonly string[], subscribed: readonly string[]) => {
    const listed = identifiers.map((identifier) => [identifier, { ...IMAGE, identifier }] as const);
    saveDatabase(join(directory, "vmcatcher.db"), new Map(listed), new Set(subscribed));
  };
  const downloading = (...identifiers: readonly string[]) =>
    writeFile(
      join(directory, "partial", "cache.index"),
      JSON.stringify(Object.fromEntries(identifiers.map((identifier) => [identifier, {}]))),
    );
  const standingOf = async (identifier: string) =>
    (await endorsement().look(signal())).of(identifier).kind;

  it("is awaited when the database says that it is subscribed and in the latest list, and not endorsed otherwise", async () => {
    known(["LISTED", "U", "V"], ["LISTED", "U"]);
    await downloading("V", "W");
    assert.equal(await standingOf("LISTED"), "endorsed");
    assert.equal(await standingOf("U"), "awaited");
    assert.equal(await standingOf("V"), "not-endorsed");
    assert.equal(await standingOf("W"), "not-endorsed");
    assert.deepEqual((await endorsement().look(signal())).notChecked, []);
  });

  it("is awaited without the database when its download has begun, and unknown otherwise", async () => {
    await downloading("U");
    assert.equal(await standingOf("U"), "awaited");
    assert.equal(await standingOf("V"), "unknown");
    const { isKnown, notChecked } = await endorsement().look(signal());
    assert.equal(isKnown, true);
    assert.match(notChecked.join("\n"), /^vmcatcher's database .*: unable to open database file$/);
  });

  it("is unknown when neither can be read", async () => {
    assert.equal(await standingOf("U"), "unknown");
    const { notChecked } = await endorsement().look(signal());
    assert.match(notChecked.join("\n"), /unable to open .*\nvmcatcher's downloads in .*partial: /);
  });

  for (const [what, identifiers] of [
    ["knows nothing of the cache", ["OTHER"]],
    ["knows no image", []],
  ] as const) {
    it(`is not judged by a database that ${what}`, async () => {
      known(identifiers, identifiers);
      assert.equal(await standingOf("U"), "unknown");
      assert.equal(await standingOf("OTHER"), "unknown");
    });
  }

  it("is what the index says for the guards of a job, which ask no database and no directory", async () => {
    known(["LISTED", "U"], ["LISTED", "U"]);
    await downloading("U");
    const job = { identifier: "U", cacheIndex: cacheIndex() };
    assert.deepEqual(await endorsement().ofJob(job, signal()), { kind: "not-endorsed" });
  });
});
