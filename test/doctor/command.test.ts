import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import * as z from "zod";
import { createInstallation, type Installation } from "./installation.ts";

const MAIN = fileURLToPath(new URL("../../functions/cli/main.ts", import.meta.url));

const reportSchema = z.object({
  findings: z.array(
    z.object({
      check: z.string(),
      severity: z.string(),
      seen: z.string(),
      fix: z.string().optional(),
    }),
  ),
});

function doctor(
  { env, places }: Installation,
  args: readonly string[],
  more: Record<string, string> = {},
) {
  const options = [
    "--cron",
    ...places.cron,
    "--oned-user",
    places.onedUser,
    "--oned-conf",
    places.onedConf,
  ];
  const all = [MAIN, "doctor", ...options, "--env-file", places.envFile, ...args];
  return execa(process.execPath, all, {
    env: { ...env, ...more },
    extendEnv: false,
    reject: false,
  });
}

describe("vmcatcher-one doctor", () => {
  it("ends with 0 when all is well, with 3 for warnings, and with 1 for errors", async (t) => {
    const installation = await createInstallation(t);
    const well = await doctor(installation, []);
    assert.equal(well.exitCode, 0, well.stdout);
    assert.match(well.stdout, /^errors: 0, warnings: 0, /m);
    const warned = await doctor(installation, [], { TZ: "Nowhere/Atall" });
    assert.equal(warned.exitCode, 3, warned.stdout);
    assert.match(warned.stdout, /^WARNING {6}time-zone$/m);
    const broken = await doctor(installation, ["--json"], {
      VMCATCHER_ONE_DATASTORE: "x",
      TZ: "Nowhere/Atall",
    });
    assert.equal(broken.exitCode, 1);
    const { findings } = reportSchema.parse(JSON.parse(broken.stdout));
    const troubles = findings.filter(
      ({ severity }) => severity === "error" || severity === "warning",
    );
    assert.deepEqual(
      troubles.map(({ check }) => check),
      ["time-zone", "datastore"],
    );
    assert.ok(troubles.every(({ fix }) => fix !== undefined));
    // In a container no hard link is tried; everywhere else all is checked.
    const unchecked = findings.filter(({ severity }) => severity === "unchecked");
    const expected =
      existsSync("/.dockerenv") || existsSync("/run/.containerenv") ? ["hard-links"] : [];
    assert.deepEqual(
      unchecked.map(({ check }) => check).filter((name) => !DEPENDENT.has(name)),
      expected,
    );
  });

  it("names its checks and its exit codes in the help", async (t) => {
    const { stdout, exitCode } = await doctor(await createInstallation(t), ["--help"]);
    assert.equal(exitCode, 0);
    assert.match(stdout, /Checks: settings, .*event-times\./);
    assert.match(stdout, /3 warnings only/);
  });
});

/** What cannot be looked at without the datastore. */
const DEPENDENT = new Set(["datastore-space", "datastore-driver", "safe-dirs"]);
