import { Command } from "commander";
import { steps } from "../registry.ts";
import { readConfig } from "../shared/config.ts";
import { openQueues } from "../shared/queue/open-queues.ts";
import { deadLetterTable } from "./dead-letter-table.ts";

/** `dead-letters`: what was given up, and why. */
export function deadLettersCommand(): Command {
  return new Command("dead-letters")
    .description("list the messages that were given up, with the reason")
    .option("--json", "machine-readable output")
    .action(async (options: { json?: boolean }) => {
      const queues = openQueues(readConfig(process.env));
      try {
        const letters = [];
        for (const name of Object.keys(steps)) {
          const queue = await queues.open(name);
          letters.push(
            ...(await queue.deadLetters(DEAD_LETTERS_LISTED)).map((letter) => ({
              function: name,
              ...letter,
            })),
          );
        }
        if (options.json === true) {
          process.stdout.write(`${JSON.stringify(letters, undefined, 2)}\n`);
          return;
        }
        const text = deadLetterTable(letters);
        process.stdout.write(text === "" ? "no dead letters\n" : text);
      } finally {
        await queues.close();
      }
    });
}

const DEAD_LETTERS_LISTED = 1000;
