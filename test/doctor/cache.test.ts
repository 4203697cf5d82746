import assert from "node:assert/strict";
import { chmod, chown, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { createInstallation, STRANGER } from "./installation.ts";

const severity = "error";
const UNNAMED = { VMCATCHER_ONE_CACHE_INDEX: undefined };

describe("doctor on vmcatcher's cache", () => {
  it("tells that it is not known", async (t) => {
    const installation = await createInstallation(t);
    const { VMCATCHER_CACHE_DIR_CACHE: _, ...variables } = installation.cronVariables;
    await installation.cron(variables);
    for (const check of ["staging-place", "hard-links", "cache-index"]) {
      const expected = { seen: /cache is not known/, fix: /--cache DIRECTORY/ };
      const question = { env: UNNAMED };
      await installation.tells(check, { severity: "unchecked", ...expected }, question);
    }
  });

  it("Bug: VMCATCHER_ONE_CACHE_INDEX was not looked at. Fix: it is, and that it is not what vmcatcher writes is told", async (t) => {
    const installation = await createInstallation(t);
    const { VMCATCHER_CACHE_DIR_CACHE: cache = "", ...variables } = installation.cronVariables;
    const elsewhere = join(installation.site.directory, "elsewhere");
    await mkdir(elsewhere);
    const named = join(elsewhere, "cache.index");
    const question = { env: { VMCATCHER_ONE_CACHE_INDEX: named } };
    const none = { seen: new RegExp(`there is no ${named}`), fix: /VMCATCHER_ONE_CACHE_INDEX/ };
    await installation.tells("cache-index", { severity: "unchecked", ...none }, question);
    await writeFile(named, "{}");
    const two = {
      seen: new RegExp(`settings name ${named}, and vmcatcher writes ${cache}/cache.index`),
      fix: new RegExp(`set VMCATCHER_ONE_CACHE_INDEX=${cache}/cache.index`),
    };
    await installation.tells("cache-index", { severity: "warning", ...two }, question);
    await installation.cron(variables);
    const { findings } = await installation.doctor({ ...question, only: ["cache-index"] });
    assert.deepEqual(findings, [
      { check: "cache-index", severity: "ok", seen: `${named} can be read` },
    ]);
  });

  it("is looked for beside the home", async (t) => {
    const installation = await createInstallation(t);
    const { VMCATCHER_CACHE_DIR_CACHE: _, ...variables } = installation.cronVariables;
    await installation.cron(variables);
    const cache = join(installation.site.directory, "cache");
    await mkdir(cache);
    await writeFile(join(cache, "cache.index"), "{}");
    await installation.tells(
      "cache-index",
      { severity: "ok", seen: new RegExp(`${cache}/cache.index`) },
      { env: UNNAMED },
    );
  });

  for (const [name, variable] of [
    ["cache", "VMCATCHER_CACHE_DIR_CACHE"],
    ["partial", "VMCATCHER_CACHE_DIR_DOWNLOAD"],
    ["expired", "VMCATCHER_CACHE_DIR_EXPIRE"],
  ] as const) {
    it(`tells that staging is vmcatcher's ${name}, by whatever name`, async (t) => {
      const installation = await createInstallation(t);
      const link = join(installation.site.directory, "link");
      await symlink(installation.site.config.stagingDirectory, link);
      await installation.cron({ ...installation.cronVariables, [variable]: link });
      const expected = { seen: /which deletes all files there/, fix: /set VMCATCHER_ONE_HOME/ };
      await installation.tells("staging-place", { severity, ...expected });
    });
  }

  it("tells that images cannot be linked to staging", async (t) => {
    const installation = await createInstallation(t);
    const cache = "/sys/kernel"; // another file system, on every Linux
    const expected = {
      seen: /cannot pin images.*EXDEV/,
      fix: /on the file system of vmcatcher's cache/,
    };
    await installation.tells("hard-links", { severity, ...expected }, { places: { cache } });
  });

  it("tells what it could not try", async (t) => {
    const installation = await createInstallation(t);
    const { cacheDirectory } = installation.site.vmcatcher;
    await rm(installation.site.config.stagingDirectory, { recursive: true });
    const absent = { seen: /staging does not exist yet/, fix: /run doctor again/ };
    await installation.tells("hard-links", { severity: "unchecked", ...absent });
    await rm(join(cacheDirectory, "cache.index"));
    const empty = { seen: /no file in .* to try it with/, fix: /after vmcatcher_cache/ };
    await installation.tells("hard-links", { severity: "unchecked", ...empty });
    const none = { seen: /there is no .*cache\.index/, fix: /run vmcatcher_cache/ };
    await installation.tells("cache-index", { severity: "unchecked", ...none });
  });

  const isRoot = process.geteuid?.() === 0;
  it("tells that it may not try", { skip: isRoot && "root may write anywhere" }, async (t) => {
    const installation = await createInstallation(t);
    await chmod(installation.site.config.stagingDirectory, 0o500);
    const expected = { seen: /this user may not link/, fix: /run doctor as root/ };
    await installation.tells("hard-links", { severity: "unchecked", ...expected });
  });

  it("tells that the kernel protects images of another owner", async (t) => {
    const installation = await createInstallation(t);
    const question = { places: { vmcatcherUser: STRANGER } };
    const expected = {
      seen: /fs\.protected_hardlinks keeps nobody from linking it/,
      fix: /chown -R nobody/,
    };
    await installation.tells("hard-links", { severity, ...expected }, question);
  });

  it("tells an index that cannot be understood, or not read", async (t) => {
    const installation = await createInstallation(t);
    const index = join(installation.site.vmcatcher.cacheDirectory, "cache.index");
    await writeFile(index, '{"cut');
    const cut = { seen: /cache\.index cannot be understood/, fix: /delete it/ };
    await installation.tells("cache-index", { severity: "warning", ...cut });
    if (isRoot) {
      await chown(installation.site.config.home, 65_534, 65_534); // the service is then nobody's
    }
    await chmod(index, 0o200);
    const refused = { seen: /may not read .*cache\.index/, fix: /let the service's user read it/ };
    await installation.tells("cache-index", { severity: "warning", ...refused });
  });
});
