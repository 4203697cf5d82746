import { Command } from "commander";
import { steps } from "../registry.ts";
import { readConfig } from "../shared/config.ts";
import { openQueues } from "../shared/queue/open-queues.ts";
import { EXIT_FAILED } from "./exit-codes.ts";

/** `replay ID | --all`: sends dead letters back to the function that gave them up. */
export function replayCommand(): Command {
  return new Command("replay")
    .description("send a dead letter, or all of them, back to the function that gave it up")
    .argument("[id]", "the ID that dead-letters shows")
    .option("--all", "all of them")
    .action(async (id: string | undefined, options: { all?: boolean }, command: Command) => {
      if ((id === undefined) === (options.all !== true)) {
        command.error("error: give an ID, or --all");
      }
      const queues = openQueues(readConfig(process.env));
      try {
        let moved = 0;
        for (const name of Object.keys(steps)) {
          moved += await (await queues.open(name)).redrive(id);
        }
        process.stdout.write(`${moved} replayed\n`);
        if (moved === 0 && id !== undefined) {
          process.stderr.write(`vmcatcher-one: no dead letter ${id}\n`);
          process.exitCode = EXIT_FAILED;
        }
      } finally {
        await queues.close();
      }
    });
}
