import { Command } from "commander";
import { steps } from "../registry.ts";
import { systemClock } from "../shared/time/clock.ts";
import { readConfig } from "../shared/settings/config.ts";
import { openQueues } from "../shared/queue/open-queues.ts";
import { chooseLetters, everyDeadLetter } from "../shared/queue/every-dead-letter.ts";
import { EXIT_FAILED } from "./exit-codes.ts";

/** `replay ID... | --all`: sends dead letters back to the functions that gave them up. */
export function replayCommand(): Command {
  return new Command("replay")
    .argument("[id...]", "IDs that dead-letters shows, or how they begin")
    .option("--all", "all of them")
    .action(async (ids: string[], options: { all?: boolean }, command: Command) => {
      if ((ids.length === 0) === (options.all !== true)) {
        command.error("error: give an ID, or --all");
      }
      await using queues = openQueues(readConfig(process.env));
      const letters = await everyDeadLetter(queues, Object.keys(steps), systemClock);
      const chosen = options.all === true ? letters : chooseLetters(letters, ids);
      let replayed = 0;
      for (const { queue, letter } of chosen) {
        replayed += await queue.redrive(letter.messageId);
      }
      process.stdout.write(`${replayed} replayed\n`);
      if (replayed < chosen.length) {
        process.stderr.write(
          `vmcatcher-one: ${chosen.length - replayed} were taken by somebody else meanwhile: look at dead-letters\n`,
        );
        process.exitCode = EXIT_FAILED;
      }
    });
}
