import { existsSync } from "node:fs";
import { Command } from "commander";
import type { Finding } from "../doctor/check.ts";
import { checks } from "../doctor/checks.ts";
import { CRON_PLACES } from "../doctor/cron-jobs.ts";
import { count, doctorText } from "../doctor/doctor-text.ts";
import { createExamination } from "../doctor/examination.ts";
import { examine } from "../doctor/examine.ts";
import { steps } from "../registry.ts";
import { EXIT_FAILED, EXIT_WARNINGS } from "./exit-codes.ts";

interface DoctorOptions {
  readonly cron?: readonly string[];
  readonly vmcatcherUser?: string;
  readonly cache?: string;
  readonly onedUser: string;
  readonly onedConf: string;
  readonly envFile: string;
  readonly json?: boolean;
}

/** `doctor`: what is wrong with this installation, and what to do about it. */
export function doctorCommand(): Command {
  return new Command("doctor")
    .option("--cron <file...>", "what runs vmcatcher: crontabs, scripts, or directories of them")
    .option(
      "--vmcatcher-user <name>",
      "the user that runs vmcatcher (default: as the cron file says)",
    )
    .option("--cache <directory>", "vmcatcher's cache (default: as cron or the environment says)")
    .option("--oned-user <name>", "the user that oned runs as", "oneadmin")
    .option("--oned-conf <file>", "the configuration of oned", "/etc/one/oned.conf")
    .option("--env-file <file>", "the settings of the service", "/etc/vmcatcher-one.env")
    .option("--json", "machine-readable output")
    .addHelpText(
      "after",
      `
Exit codes: 0 no trouble, 1 errors, 2 wrong usage, 3 warnings only. What could not be checked is no trouble, but is told, with why.
Nothing is changed; a hard link is made in staging and removed. Run it with the settings of the service, on vmcatcher's host and
on OpenNebula's front end; as root it can look at more.
Checks: ${checks.map(({ name }) => name).join(", ")}.`,
    )
    .action(async (options: DoctorOptions) => {
      const site = createExamination({
        env: process.env,
        queueNames: Object.keys(steps),
        places: {
          cron: options.cron ?? CRON_PLACES,
          vmcatcherUser: options.vmcatcherUser,
          cache: options.cache,
          onedUser: options.onedUser,
          onedConf: options.onedConf,
          envFile: options.envFile,
        },
        nodeVersion: process.versions.node,
        inContainer: CONTAINER_MARKS.some((path) => existsSync(path)),
      });
      const { findings, abandoned } = await examine(checks, site);
      process.exitCode = exitCodeOf(findings);
      const text =
        options.json === true
          ? `${JSON.stringify({ findings }, undefined, 2)}\n`
          : doctorText(findings);
      process.stdout.write(text, () => {
        if (abandoned) {
          process.exit(); // what does not answer would hold the process
        }
      });
      if (!abandoned) {
        await site.close();
      }
    });
}

/** Made by Docker and Podman. */
const CONTAINER_MARKS = ["/.dockerenv", "/run/.containerenv"];

function exitCodeOf(findings: readonly Finding[]): number {
  if (count(findings, "error") > 0) {
    return EXIT_FAILED;
  }
  return count(findings, "warning") > 0 ? EXIT_WARNINGS : 0;
}
