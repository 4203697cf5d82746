import { chmod, chown, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { createInstallation, ENDORSED } from "./installation.ts";

const check = "vmcatcher-database";
const EFFECT = "cannot tell whether an image that is not in the cache is being updated";

describe("doctor on vmcatcher's database", () => {
  it("is well when it knows images of the cache", async (t) => {
    const installation = await createInstallation(t);
    const entry = { sha512: "ab".repeat(64) };
    const index = installation.site.config.cacheIndex;
    await writeFile(index, JSON.stringify({ [ENDORSED]: entry, ANOTHER: entry }));
    const seen = /vmcatcher\.db can be read and knows 1 of 2 images in the cache$/;
    await installation.tells(check, { severity: "ok", seen });
    await writeFile(index, JSON.stringify({ ANOTHER: entry }));
    const other = new RegExp(`it knows none of the images .* not this vmcatcher's: .*${EFFECT}`);
    const fix = /VMCATCHER_ONE_VMCATCHER_DB=/;
    await installation.tells(check, { severity: "warning", seen: other, fix });
  });

  it("tells one that is lost, empty, or no database", async (t) => {
    const installation = await createInstallation(t);
    const path = installation.site.config.vmcatcherDatabase;
    const fix = /VMCATCHER_ONE_VMCATCHER_DB=/;
    const database = new DatabaseSync(path);
    database.exec(`DELETE FROM "ImageDefinition"`);
    database.close();
    const empty = new RegExp(`vmcatcher.db: it knows no image: .*${EFFECT}`);
    await installation.tells(check, { severity: "warning", seen: empty, fix });
    await writeFile(path, "no database at all");
    const text = new RegExp(`vmcatcher.db: file is not a database: .*${EFFECT}`);
    await installation.tells(check, { severity: "warning", seen: text, fix });
    await rm(path);
    const lost = new RegExp(`there is no .*vmcatcher.db: .*${EFFECT}`);
    await installation.tells(check, { severity: "unchecked", seen: lost, fix });
  });

  it("says of another kind of database what follows, and never its password", async (t) => {
    const installation = await createInstallation(t);
    const seen = new RegExp(`^(?!.*secret).*can be read, not mysql: .*${EFFECT}`);
    const fix = /ask vmcatcher_image -l/;
    const env = { VMCATCHER_ONE_VMCATCHER_DB: "mysql://root:secret@host/db" };
    await installation.tells(check, { severity: "unchecked", seen, fix }, { env });
  });

  it("does not say whose it is when the index tells nothing", async (t) => {
    const installation = await createInstallation(t);
    await writeFile(installation.site.config.cacheIndex, '{"cut');
    const seen = /whether it is this vmcatcher's cannot be told without .*cache\.index/;
    await installation.tells(check, { severity: "unchecked", seen, fix: /check cache-index/ });
  });

  it("tells that the service's user may not read it", async (t) => {
    const installation = await createInstallation(t);
    const { config, directory } = installation.site;
    if (process.geteuid?.() === 0) {
      await chown(config.home, 65_534, 65_534); // the service is then nobody's
    }
    await chmod(join(directory, "vmcatcher", "vmcatcher.db"), 0o200);
    const seen = new RegExp(`may not read .*vmcatcher\\.db .*${EFFECT}`);
    await installation.tells(check, { severity: "warning", seen, fix: /chmod g\+r/ });
  });
});
