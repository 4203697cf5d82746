import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { createInstallation, STRANGER } from "./installation.ts";

const severity = "error";

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
    const expected = {
      seen: /bad\/1-1: what: not an event$/,
      fix: /vmcatcher-one reconcile apply/,
    };
    await installation.tells("bad-events", { severity: "warning", ...expected });
  });
});
