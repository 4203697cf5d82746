import { Command } from "commander";
import { steps } from "../registry.ts";
import { systemClock } from "../shared/time/clock.ts";
import { readConfig } from "../shared/settings/config.ts";
import { deadLetterOverview } from "../shared/overview/queue-overview.ts";
import { openQueues } from "../shared/queue/open-queues.ts";
import { deadLetterTable } from "./dead-letter-table.ts";
import { everyDeadLetter } from "../shared/queue/every-dead-letter.ts";

/** `dead-letters`: what was given up, and why. */
export function deadLettersCommand(): Command {
  return new Command("dead-letters")
    .option("--json", "machine-readable output, with the messages themselves")
    .action(async (options: { json?: boolean }) => {
      await using queues = openQueues(readConfig(process.env));
      const letters = await everyDeadLetter(queues, Object.keys(steps), systemClock);
      if (options.json === true) {
        const plain = letters.map(({ queue, letter }) => ({ function: queue.name, ...letter }));
        process.stdout.write(`${JSON.stringify(plain, undefined, 2)}\n`);
        return;
      }
      const text = deadLetterTable(
        letters.map(({ queue, letter }) => deadLetterOverview(queue.name, letter)),
      );
      process.stdout.write(text === "" ? "no dead letters\n" : text);
    });
}
