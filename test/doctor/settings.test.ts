import { rm, writeFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { createInstallation } from "./installation.ts";

describe("doctor on settings", () => {
  it("tells all wrong settings, misspelt ones too, and goes on", async (t) => {
    const installation = await createInstallation(t);
    const question = { env: { VMCATCHER_ONE_FORMAT: "vmdk", VMCATHER_RDBMS: "x" } };
    const fix = /correct or unset it/;
    const severity = "error";
    await installation.tells(
      "settings",
      { severity, seen: /VMCATCHER_ONE_FORMAT: /, fix },
      question,
    );
    const seen = /VMCATHER_RDBMS: misspelt, write VMCATCHER_RDBMS/;
    await installation.tells("settings", { severity, seen, fix }, question);
    await installation.tells("datastore", { severity: "ok", seen: /1 default/ }, question);
  });

  it("tells that the service has other settings, and never a value", async (t) => {
    const installation = await createInstallation(t);
    await writeFile(installation.places.envFile, "AWS_SECRET_ACCESS_KEY=hunter2\n");
    await installation.tells("settings-file", {
      severity: "warning",
      seen: /^(?!.*hunter2).*other settings than this command: AWS_SECRET_ACCESS_KEY$/,
      fix: /sh -ac/,
    });
  });

  it("tells a misspelt name in the service's file", async (t) => {
    const installation = await createInstallation(t);
    await writeFile(installation.places.envFile, "VMCATHCER_ONE_HOME=/srv\n");
    const expected = { seen: /VMCATHCER_ONE_HOME is misspelt/, fix: /write VMCATCHER_ONE_HOME/ };
    await installation.tells("settings-file", { severity: "error", ...expected });
    await rm(installation.places.envFile);
    await installation.tells("settings-file", {
      severity: "unchecked",
      seen: /there is no/,
      fix: /--env-file FILE/,
    });
  });

  it("tells a time zone that does not exist", async (t) => {
    const installation = await createInstallation(t);
    await installation.tells(
      "time-zone",
      { severity: "warning", seen: /'Europe\/Zurihc'/, fix: /Europe\/Zurich/ },
      { env: { TZ: "Europe/Zurihc" } },
    );
  });
});
