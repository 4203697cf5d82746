import assert from "node:assert/strict";
import { rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { createInstallation, STRANGER } from "./installation.ts";

const severity = "error";

describe("doctor on cron", () => {
  it("tells that nothing runs vmcatcher, and what could not be read", async (t) => {
    const installation = await createInstallation(t);
    await rm(installation.cronFile);
    for (const check of [
      "cron",
      "misspelt-variables",
      "hook",
      "hook-settings",
      "vmcatcher-image",
      "spool",
    ]) {
      const expected = {
        seen: /no cron file of this host runs vmcatcher_cache/,
        fix: /--cron FILE/,
      };
      await installation.tells(check, { severity: "unchecked", ...expected });
    }
    await symlink("/dev/null", installation.cronFile);
    const seen = /not readable: .*vmcatcher: .*is not a regular file/;
    const question = { places: { cron: [installation.cronFile] } };
    await installation.tells("cron", { severity: "unchecked", seen }, question);
  });

  for (const [fault, event, expected] of [
    ["no hook", "", { severity, seen: /without VMCATCHER_CACHE_EVENT/ }],
    [
      "the predecessor",
      '"python /var/lib/one/vmcatcher_eventHndl_ON"',
      { severity, seen: /still calls vmcatcher_eventHndl_ON/ },
    ],
    ["what only a shell knows", "$HOME/hook", { severity: "unchecked", seen: /cannot be told/ }],
  ] as const) {
    it(`tells a cron file with ${fault}`, async (t) => {
      const installation = await createInstallation(t);
      await installation.cron({ ...installation.cronVariables, VMCATCHER_CACHE_EVENT: event });
      const fix =
        /set VMCATCHER_CACHE_EVENT=\/usr\/local\/bin\/vmcatcher-hook in .*\/cron\.d\/vmcatcher/;
      await installation.tells("cron", { ...expected, fix });
      if (event !== "") {
        await installation.tells("hook", {
          severity: "unchecked",
          seen: /names no hook/,
          fix: /check cron/,
        });
      }
    });
  }

  it("tells what it could not look into", async (t) => {
    const installation = await createInstallation(t);
    const question = { places: { cron: [join(installation.cronFile, "below")] } };
    const seen = /not readable: .*below: ENOTDIR/;
    await installation.tells("cron", { severity: "unchecked", seen, fix: /as root/ }, question);
  });

  it("tells that nobody says who runs vmcatcher", async (t) => {
    const installation = await createInstallation(t);
    await writeFile(installation.cronFile, "#!/bin/sh\nvmcatcher_cache\n");
    const expected = { seen: /says which user runs vmcatcher/, fix: /--vmcatcher-user NAME/ };
    await installation.tells("spool", { severity: "unchecked", ...expected });
  });

  it("follows a script that cron calls", async (t) => {
    const installation = await createInstallation(t);
    const script = join(installation.site.directory, "update-images.sh");
    const variables = Object.entries(installation.cronVariables);
    const exports = variables.map(([name, value]) => `export ${name}="${value}"`).join("\n");
    await writeFile(script, `#!/bin/sh\n${exports}\nvmcatcher_subscribe -U\nvmcatcher_cache\n`);
    await writeFile(installation.cronFile, `50 */6 * * * ${STRANGER} ${script}\n`);
    await installation.tells("cron", {
      severity: "ok",
      seen: /VMCATCHER_CACHE_EVENT is '.*vmcatcher-hook'/,
    });
    await installation.tells("spool", { severity, seen: /^the user nobody may not/ });
  });

  it("tells misspelt variables and unknown settings", async (t) => {
    const installation = await createInstallation(t);
    await installation.cron({
      ...installation.cronVariables,
      VMCATHCER_CACHE_DIR_DOWNLOAD: "/x",
      VMCATCHER_CACHE_EVNT: "/x",
      VMCATCHER_ONE_HOEM: "/x",
    });
    for (const [seen, fix] of [
      [/VMCATHCER_CACHE_DIR_DOWNLOAD is misspelt/, /write VMCATCHER_CACHE_DIR_DOWNLOAD/],
      [/VMCATCHER_CACHE_EVNT is misspelt/, /write VMCATCHER_CACHE_EVENT/],
      [/VMCATCHER_ONE_HOEM: no such setting/, /settings in infra\/operate\/settings\.md/],
    ] as const) {
      await installation.tells("misspelt-variables", { severity, seen, fix });
    }
  });

  it("shows no control character of a cron file", async (t) => {
    const installation = await createInstallation(t);
    const event = "/hook\u001b[2J\u009b31m";
    await installation.cron({ ...installation.cronVariables, VMCATCHER_CACHE_EVENT: event });
    const { text } = await installation.doctor();
    assert.ok(text.includes("/hook?[2J?31m"));
    assert.doesNotMatch(text, /[\p{Cc}--\n]/v);
  });
});
