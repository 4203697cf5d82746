import { Command } from "commander";
import { readConfig } from "../shared/settings/config.ts";
import { collectOverview } from "../shared/overview/overview.ts";
import { isUnavailable } from "../shared/overview/unavailable.ts";
import { openQueues } from "../shared/queue/open-queues.ts";
import { EXIT_FAILED } from "./exit-codes.ts";
import { historyText } from "./history-text.ts";
import { overviewSources } from "./overview-sources.ts";

/** `history IDENTIFIER`: all versions that OpenNebula holds, with what is under way and what was given up. */
export function historyCommand(): Command {
  return new Command("history")
    .argument("<identifier>", "the dc:identifier")
    .option("--json", "machine-readable output: an entry of identifiers, as status --json tells it")
    .action(async (identifier: string, options: { json?: boolean }) => {
      const config = readConfig(process.env);
      await using queues = openQueues(config);
      const overview = await collectOverview(
        overviewSources(config, queues),
        new AbortController().signal,
      );
      if (isUnavailable(overview.identifiers)) {
        throw new Error(`OpenNebula: ${overview.identifiers.error}`);
      }
      const found = overview.identifiers.find((its) => its.identifier === identifier);
      if (found === undefined) {
        throw new Error(`${identifier}: neither OpenNebula nor a queue knows anything of it`);
      }
      process.stdout.write(
        options.json === true
          ? `${JSON.stringify(found, undefined, 2)}\n`
          : historyText(found, overview.at),
      );
      if (isUnavailable(overview.queues)) {
        process.stderr.write(
          `vmcatcher-one: what is under way or was given up is not known: ${overview.queues.error}\n`,
        );
        process.exitCode = EXIT_FAILED;
      }
    });
}
