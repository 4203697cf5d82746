import assert from "node:assert/strict";
import { chmod, chown, mkdir, rm, symlink, writeFile } from "node:fs/promises";
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
      [/VMCATCHER_ONE_HOEM: no such setting/, /README/],
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

describe("doctor on the hook", () => {
  it("tells one that is missing, not executable, or of another version", async (t) => {
    const installation = await createInstallation(t);
    const { hook } = installation;
    await writeFile(hook, "#!/bin/sh\nexit 0\n");
    const fix = new RegExp(`vmcatcher-one hook-script > ${hook} && chmod 755 ${hook}`);
    const other = { seen: /is not the hook of this version/, fix };
    await installation.tells("hook", { severity: "warning", ...other });
    await chmod(hook, 0o644);
    await installation.tells("hook", {
      severity,
      seen: /may not .*execute .*every event is lost/,
      fix: /chmod 755/,
    });
    await rm(hook);
    await installation.tells("hook", { severity, seen: /which does not exist/, fix });
  });

  it("looks at it as vmcatcher's user", async (t) => {
    const installation = await createInstallation(t);
    await chmod(installation.hook, 0o750);
    await installation.cron(installation.cronVariables, STRANGER);
    const expected = { seen: /^the user nobody may not read and execute/, fix: /chmod 755/ };
    await installation.tells("hook", { severity, ...expected });
  });

  it("may be the command itself", async (t) => {
    const installation = await createInstallation(t);
    const program = join(installation.site.directory, "vmcatcher-one");
    await writeFile(program, "#!/bin/sh\n", { mode: 0o755 });
    const VMCATCHER_CACHE_EVENT = `${program} hook`;
    await installation.cron({ ...installation.cronVariables, VMCATCHER_CACHE_EVENT });
    await installation.tells("hook", { severity: "ok", seen: /vmcatcher-one hook$/ });
    await chmod(program, 0o644);
    await installation.tells("hook", { severity, seen: /may not .*execute/, fix: /chmod 755/ });
  });

  it("need not be executable when a shell is told to read it", async (t) => {
    const installation = await createInstallation(t);
    await chmod(installation.hook, 0o644);
    const VMCATCHER_CACHE_EVENT = `/bin/sh ${installation.hook}`;
    await installation.cron({ ...installation.cronVariables, VMCATCHER_CACHE_EVENT });
    await installation.tells("hook", { severity: "ok", seen: /is this version's/ });
  });

  it("tells that it writes elsewhere, and variables that shine through", async (t) => {
    const installation = await createInstallation(t);
    await installation.cron({
      ...installation.cronVariables,
      VMCATCHER_ONE_HOME: "/srv/elsewhere",
      VMCATCHER_EVENT_HV_FORMAT: "RAW",
    });
    const elsewhere = {
      seen: /writes to \/srv\/elsewhere/,
      fix: /set VMCATCHER_ONE_HOME=.*\/home in/,
    };
    await installation.tells("hook-settings", { severity, ...elsewhere });
    const stale = { seen: /sets VMCATCHER_EVENT_HV_FORMAT/, fix: /remove them/ };
    await installation.tells("hook-settings", { severity: "warning", ...stale });
  });

  it("says nothing of a home that only a shell knows", async (t) => {
    const installation = await createInstallation(t);
    await installation.cron({ ...installation.cronVariables, VMCATCHER_ONE_HOME: "$HOME/images" });
    const expected = { seen: /\$HOME\/images is cannot be told/, fix: /write the path itself/ };
    await installation.tells("hook-settings", { severity: "unchecked", ...expected });
  });

  it("tells that it will not find vmcatcher_image in cron's PATH", async (t) => {
    const installation = await createInstallation(t);
    const { PATH: _, ...variables } = installation.cronVariables;
    await installation.cron(variables);
    const fix = /set PATH so that it is found, or VMCATCHER_ONE_VMCATCHER_IMAGE/;
    const absent = {
      seen: /there is no vmcatcher_image in the hook's PATH \/usr\/bin:\/bin:/,
      fix,
    };
    await installation.tells("vmcatcher-image", { severity, ...absent });
    const path = join(installation.site.vmcatcher.binDirectory, "vmcatcher_image");
    const named = { ...variables, VMCATCHER_ONE_VMCATCHER_IMAGE: path };
    await installation.cron(named);
    await installation.tells("vmcatcher-image", {
      severity: "ok",
      seen: /finds .*vmcatcher_image/,
    });
    await chmod(path, 0o750);
    await installation.cron({ ...named, PATH: "$HOME/bin:$PATH" });
    const shell = { seen: /cannot be told from the text/, fix };
    await installation.tells("vmcatcher-image", { severity: "unchecked", ...shell });
    await installation.cron(named, STRANGER);
    await installation.tells("vmcatcher-image", {
      severity,
      seen: /^the user nobody may not execute/,
      fix,
    });
  });
});

describe("doctor on the spool", () => {
  it("tells that vmcatcher's user cannot write to it", async (t) => {
    const installation = await createInstallation(t);
    const question = { places: { vmcatcherUser: STRANGER } };
    const fix = /chgrp -R GROUP/;
    const kept = { seen: /nobody may not enter .*\/home .*its events are lost/, fix };
    await installation.tells("spool", { severity, ...kept }, question);
    await chmod(installation.site.config.home, 0o755);
    await chmod(installation.site.config.spoolDirectory, 0o755);
    const refused = { seen: /nobody may not write to and enter .*spool\/new/, fix };
    await installation.tells("spool", { severity, ...refused }, question);
  });

  it("tells that vmcatcher's user is no user", async (t) => {
    const installation = await createInstallation(t);
    const question = { places: { vmcatcherUser: "no-such-user" } };
    const expected = { seen: /no-such-user is no user here/, fix: /--vmcatcher-user/ };
    await installation.tells("spool", { severity: "unchecked", ...expected }, question);
  });

  it("tells events that nobody takes", async (t) => {
    const installation = await createInstallation(t);
    const entry = join(
      installation.site.config.spoolDirectory,
      "new",
      "1795339616.000000000-0000001",
    );
    await writeFile(entry, "");
    const fix = /start enqueue-event/;
    const later = (minutes: number) => ({ now: new Date((1_795_339_616 + minutes * 60) * 1000) });
    const old = { seen: /1 events wait in the spool, the oldest since 11 minutes/, fix };
    await installation.tells("waiting-events", { severity, ...old }, later(11));
    await installation.tells("waiting-events", { severity: "ok", seen: /1 events wait/ }, later(9));
  });

  it("tells events that were set aside, with the reason", async (t) => {
    const installation = await createInstallation(t);
    const bad = join(installation.site.config.spoolDirectory, "bad");
    await mkdir(bad);
    await writeFile(join(bad, "1-1"), "");
    await writeFile(join(bad, "1-1.reason"), "what: not an event\nwhere: here\n");
    const expected = { seen: /bad\/1-1: what: not an event$/, fix: /move the entry to spool\/new/ };
    await installation.tells("bad-events", { severity: "warning", ...expected });
  });
});

describe("doctor on vmcatcher's cache", () => {
  it("tells that it is not known", async (t) => {
    const installation = await createInstallation(t);
    const { VMCATCHER_CACHE_DIR_CACHE: _, ...variables } = installation.cronVariables;
    await installation.cron(variables);
    for (const check of ["staging-place", "hard-links", "cache-index"]) {
      const expected = { seen: /cache is not known/, fix: /--cache DIRECTORY/ };
      await installation.tells(check, { severity: "unchecked", ...expected });
    }
  });

  it("is looked for beside the home", async (t) => {
    const installation = await createInstallation(t);
    const { VMCATCHER_CACHE_DIR_CACHE: _, ...variables } = installation.cronVariables;
    await installation.cron(variables);
    const cache = join(installation.site.directory, "cache");
    await mkdir(cache);
    await writeFile(join(cache, "cache.index"), "{}");
    await installation.tells("cache-index", {
      severity: "ok",
      seen: new RegExp(`${cache}/cache.index`),
    });
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
