import { Command, InvalidArgumentError } from "commander";
import { systemClock } from "../shared/time/clock.ts";
import { readConfig } from "../shared/settings/config.ts";
import { rememberingReader } from "../shared/overview/dead-letter-reader.ts";
import { collectOverview, type Overview } from "../shared/overview/overview.ts";
import { isUnavailable } from "../shared/overview/unavailable.ts";
import { openQueues } from "../shared/queue/open-queues.ts";
import { EXIT_FAILED } from "./exit-codes.ts";
import { overviewSources } from "./overview-sources.ts";
import { statusText } from "./status-text.ts";
import { untilInterrupted } from "./until-interrupted.ts";
import { watch } from "./watch.ts";

/** `status`: spool, queues, work in flight, dead letters and the images of each identifier; once or again and again. */
export function statusCommand(): Command {
  return new Command("status")
    .option("--watch", "show it again and again, until ^C")
    .option("--interval <seconds>", "pause between two looks", seconds, 2)
    .option("--json", "machine-readable output; with --watch one line for each look")
    .addHelpText("after", JSON_HELP)
    .action(async (options: { watch?: boolean; interval: number; json?: boolean }) => {
      const config = readConfig(process.env);
      await using cleanup = new AsyncDisposableStack();
      const queues = cleanup.use(openQueues(config));
      const sources = {
        ...overviewSources(config, queues),
        readDeadLetters: rememberingReader(),
      };
      if (options.watch !== true) {
        const overview = await collectOverview(sources, new AbortController().signal);
        process.stdout.write(
          options.json === true
            ? `${JSON.stringify(overview, undefined, 2)}\n`
            : statusText(overview),
        );
        if (lacksSomething(overview)) {
          process.exitCode = EXIT_FAILED;
        }
        return;
      }
      await watch(
        {
          look: (signal) => collectOverview(sources, signal),
          show: options.json === true ? undefined : statusText,
          intervalMs: options.interval * 1000,
          clock: systemClock,
          output: process.stdout,
        },
        cleanup.use(untilInterrupted()).signal,
      );
    });
}

const JSON_HELP = `
Exit code 1 when a part could not be asked; the others are shown all the same.

The JSON is one object: at, and spool, queues, conversions, identifiers, each of which is {"error": text} when it could not be asked.
  spool        waiting, oldest, bad [name, reason]
  queues       name, waiting, inFlight, dead, oldest, oldestAgeSeconds, messages [id, job, identifier, sentAt, attempts, inFlight],
               deadLetters [id, function, identifier, job, code, text, time, attempts]; on SQS there is no oldest and no messages
  conversions  jobId, identifier, title, step, percent, bytes, bytesPerSecond, startedAt, stepStartedAt, updatedAt, secondsLeft
  identifiers  identifier, title, vo, live, pending, versions, endorsed, current, expires, inFlight, deadLetters, notes [code, text, imageId]
               live, pending and versions are images: id, name, owner, group, mode, state, runningVms, datastore, sizeMb,
               registeredAt, version, sha512, job, eventTime, warnings; versions also have became, retiredAt, retiredByJob, supersededByImage
               inFlight: job, function, step, since, attempts, percent, bytesPerSecond, secondsLeft
Times are ISO 8601 in UTC. What is not known is left out. endorsed and current come from vmcatcher's cache.index,
and from its database where that names no such image: awaited is endorsed and not downloaded yet.`;

function lacksSomething({ spool, queues, conversions, identifiers }: Overview): boolean {
  return [spool, queues, conversions, identifiers].some(isUnavailable);
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value >= 0.1 && value <= 3600)) {
    throw new InvalidArgumentError("must be 0.1 to 3600 seconds");
  }
  return value;
}
