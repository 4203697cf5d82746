import { Command } from "commander";
import { janitorPass, type PassReport } from "../janitor/pass.ts";
import { steps } from "../registry.ts";
import { readConfig } from "../shared/settings/config.ts";
import { createLog } from "../shared/log/log.ts";
import { openQueues } from "../shared/queue/open-queues.ts";
import { createDeps } from "../shared/worker/create-deps.ts";
import { EXIT_FAILED } from "./exit-codes.ts";
import { table } from "./table.ts";

/** `clean`: one pass of the janitor, by hand. */
export function cleanCommand(): Command {
  return new Command("clean")
    .option("--dry-run", "only tell what would be removed, and what is kept and why")
    .option("--json", "machine-readable output")
    .addHelpText(
      "after",
      "\nWith SQS this takes three minutes when there is something to remove: nobody can look into its queues, so it makes sure that they stay empty.",
    )
    .action(async ({ dryRun = false, json = false }: { dryRun?: boolean; json?: boolean }) => {
      const config = readConfig(process.env);
      await using queues = openQueues(config);
      const deps = createDeps(config, createLog("silent"));
      const report = await janitorPass(
        { ...deps, queues, steps: Object.keys(steps), dryRun },
        new AbortController().signal,
      );
      process.stdout.write(
        json ? `${JSON.stringify(report, undefined, 2)}\n` : reportText(report, dryRun),
      );
      for (const failure of report.failures) {
        process.stderr.write(`vmcatcher-one: ${failure}\n`);
        process.exitCode = EXIT_FAILED;
      }
    });
}

/** A report for a person. */
function reportText({ removed, kept }: PassReport, dryRun: boolean): string {
  const gone = removed.map(({ kind, name }) => [kind, name]);
  const stays = kept.map(({ kind, name, reason }) => [kind, name, reason]);
  return [
    dryRun ? "WOULD BE REMOVED\n" : "REMOVED\n",
    gone.length === 0 ? "  nothing\n" : table(["KIND", "NAME"], gone),
    "KEPT\n",
    stays.length === 0 ? "  nothing\n" : table(["KIND", "NAME", "WHY"], stays),
  ].join("");
}
