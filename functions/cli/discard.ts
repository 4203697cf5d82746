import { Command } from "commander";
import { steps } from "../registry.ts";
import { systemClock } from "../shared/time/clock.ts";
import { readConfig } from "../shared/settings/config.ts";
import { openQueues } from "../shared/queue/open-queues.ts";
import { removeUnneeded } from "./discarded-files.ts";
import {
  chooseLetters,
  everyDeadLetter,
  type FoundLetter,
} from "../shared/queue/every-dead-letter.ts";
import { EXIT_FAILED, EXIT_USAGE } from "./exit-codes.ts";

/** `discard ID... | --all`: removes dead letters for good, with the files of their jobs. */
export function discardCommand(): Command {
  return new Command("discard")
    .argument("[id...]", "IDs that dead-letters shows, or how they begin")
    .option("--all", "all of them")
    .option("--yes", "really do it; without, only what would be discarded is printed")
    .action(async (ids: string[], options: { all?: boolean; yes?: boolean }, command: Command) => {
      if ((ids.length === 0) === (options.all !== true)) {
        command.error("error: give an ID, or --all");
      }
      const config = readConfig(process.env);
      await using queues = openQueues(config);
      const names = Object.keys(steps);
      const letters = await everyDeadLetter(queues, names, systemClock);
      const chosen = options.all === true ? letters : chooseLetters(letters, ids);
      if (options.yes !== true) {
        print(chosen);
        process.stderr.write("vmcatcher-one: nothing was discarded: add --yes\n");
        process.exitCode = EXIT_USAGE;
        return;
      }
      const discarded: FoundLetter[] = [];
      try {
        for (const { queue, letter } of chosen) {
          for (const gone of await queue.discard(letter.messageId)) {
            discarded.push({ queue, letter: gone });
          }
        }
      } finally {
        print(discarded); // also when the queue fails in between: nobody else has them any more
      }
      const gone = discarded.map(({ letter }) => letter);
      for (const kept of await removeUnneeded(gone, { config, queues, names })) {
        process.stderr.write(`vmcatcher-one: ${kept}\n`);
      }
      if (discarded.length < chosen.length) {
        process.stderr.write(
          `vmcatcher-one: ${chosen.length - discarded.length} were taken by somebody else meanwhile: look at dead-letters\n`,
        );
        process.exitCode = EXIT_FAILED;
      }
    });
}

/** As `dead-letters --json` lists them. */
function print(letters: readonly FoundLetter[]): void {
  const plain = letters.map(({ queue, letter }) => ({ function: queue.name, ...letter }));
  process.stdout.write(`${JSON.stringify(plain, undefined, 2)}\n`);
}
