import { Argument, Command } from "commander";
import { FIRST_STEP, isStepName, steps } from "../registry.ts";
import { readConfig, type Config } from "../shared/settings/config.ts";
import { createLog, type Log } from "../shared/log/log.ts";
import { createPrettyLog } from "../shared/log/pretty-log.ts";
import { countSpool } from "../shared/spool/listing.ts";
import { runSteps } from "./run-steps.ts";
import { ALL_FUNCTIONS, APART, BESIDE, ENQUEUE } from "./beside.ts";

/** `run [function...]`: works until SIGTERM or SIGINT. */
export function runCommand(): Command {
  return new Command("run")
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
  const tasksIn = <Task>(table: Readonly<Record<string, Task>>): readonly Task[] =>
    functions.flatMap((name) => table[name] ?? []);
  const options = {
    steps,
    firstStep: FIRST_STEP,
    config,
    log,
    extra: tasksIn(BESIDE),
    apart: tasksIn(APART),
    countSpool: functions.includes(ENQUEUE) ? () => countSpool(config.spoolDirectory) : undefined,
  };
  await runSteps(functions.filter(isStepName), options, stop);
}
