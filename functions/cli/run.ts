import { Argument, Command } from "commander";
import { cleanUntil } from "../janitor/loop.ts";
import { countSpool } from "../shared/spool/listing.ts";
import { watchSpool } from "../enqueue-event/watch.ts";
import { FIRST_STEP, isStepName, steps, type StepName } from "../registry.ts";
import { reconcileUntil } from "../reconcile/schedule.ts";
import { sweepUntil } from "../restore-permissions/sweep.ts";
import { readConfig, type Config } from "../shared/config.ts";
import type { Deps } from "../shared/deps.ts";
import { errorText } from "../shared/errors.ts";
import { createLog, type Log } from "../shared/log.ts";
import { createPrettyLog } from "../shared/pretty-log.ts";
import { openQueues } from "../shared/queue/open-queues.ts";
import { recordQueue } from "../shared/queue/queue-record.ts";
import { runSteps, type ApartTask, type ExtraTask } from "../shared/worker/run-steps.ts";
import { withSigns, type GiveSign } from "../shared/worker/sign-of-life.ts";
import { reconcileDeps } from "./reconcile-deps.ts";

const ENQUEUE = "enqueue-event";
const RESTORE = "restore-permissions" satisfies StepName;
const JANITOR = "janitor";
const RECONCILE = "reconcile";
const CONSOLE = "console";
/** Every function: the chain in its order, those that go round beside it, and the one that looks at it. */
export const ALL_FUNCTIONS = [ENQUEUE, ...Object.keys(steps), JANITOR, RECONCILE, CONSOLE];

/** `run [function...]`: works until SIGTERM or SIGINT. */
export function runCommand(): Command {
  return new Command("run")
    .description("run functions in one process until SIGTERM: those named, or all")
    .addArgument(new Argument("[function...]", "functions to run").choices(ALL_FUNCTIONS))
    .option("--pretty", "log for a person instead of JSON lines; a job is its first eight digits")
    .action(async (functions: string[], options: { pretty?: boolean }) => {
      const config = readConfig(process.env);
      const stop = new AbortController();
      // Not `once`: while a child of execa runs, a signal that nobody else listens to (any more) ends the process.
      for (const name of ["SIGTERM", "SIGINT"] as const) {
        process.on(name, () => stop.abort(new Error(name)));
      }
      const log =
        options.pretty === true
          ? await createPrettyLog(config.logLevel)
          : createLog(config.logLevel);
      await runFunctions(
        functions.length > 0 ? functions : ALL_FUNCTIONS,
        config,
        log,
        stop.signal,
      );
    });
}

/** Runs the named functions in this process until `stop`. */
export async function runFunctions(
  functions: readonly string[],
  config: Config,
  log: Log,
  stop: AbortSignal,
): Promise<void> {
  const names = functions.filter(isStepName);
  const extra: ExtraTask[] = [];
  if (functions.includes(ENQUEUE)) {
    extra.push(async ({ firstQueue, observer, signal }) => {
      const its = log.child({ function: ENQUEUE });
      await recordQueue(config).catch((error: unknown) =>
        its.warn({ error: errorText(error) }, "cannot note which queue the events go to"),
      );
      await withSigns({ observer, function: ENQUEUE, slot: 0 }, (sign) =>
        watchSpool(config, { queue: firstQueue, log: its, sign }, signal),
      );
    });
  }
  if (functions.includes(RESTORE)) {
    const slot = steps[RESTORE].slots(config); // the one after those that work on messages
    extra.push(({ deps, observer, signal }) =>
      withSigns({ observer, function: RESTORE, slot }, (sign) =>
        sweepUntil({ ...deps, log: log.child({ function: RESTORE }), sign }, signal),
      ),
    );
  }
  if (functions.includes(JANITOR)) {
    extra.push(({ deps, queues, observer, signal }) =>
      withSigns({ observer, function: JANITOR, slot: 0 }, (sign) =>
        cleanUntil(
          {
            ...deps,
            log: log.child({ function: JANITOR }),
            queues,
            steps: Object.keys(steps),
            sign,
            onRemoved: observer.onRemoved,
          },
          signal,
        ),
      ),
    );
  }
  if (functions.includes(RECONCILE)) {
    extra.push(({ deps, observer, signal }) =>
      withSigns({ observer, function: RECONCILE, slot: 0 }, (sign) =>
        runReconcile({ ...deps, log: log.child({ function: RECONCILE }) }, sign, signal),
      ),
    );
  }
  const options = {
    steps,
    firstStep: FIRST_STEP,
    config,
    log,
    extra,
    apart: functions.includes(CONSOLE) ? [serveConsole] : [],
    countSpool: functions.includes(ENQUEUE) ? () => countSpool(config.spoolDirectory) : undefined,
  };
  await runSteps(names, options, stop);
}

/** The schedule of `reconcile`, with a view of the queues of its own. */
async function runReconcile(deps: Deps, sign: GiveSign, signal: AbortSignal): Promise<void> {
  const queues = openQueues(deps.config);
  try {
    await reconcileUntil({ ...reconcileDeps(deps, queues), sign }, signal);
  } finally {
    await queues.close();
  }
}

/** It has its own queues: the workers' are waited for when they are down, the page is not. */
const serveConsole: ApartTask = ({ deps, observer, signal }) =>
  withSigns({ observer, function: CONSOLE, slot: 0 }, async (sign) => {
    const { runConsole } = await import("../console/console.ts"); // the other functions need no web server
    const queues = openQueues(deps.config);
    const log = deps.log.child({ function: CONSOLE });
    const queueNames = Object.keys(steps);
    try {
      await runConsole({ deps: { ...deps, log }, queues, queueNames, sign }, signal);
    } finally {
      await queues.close();
    }
  });
