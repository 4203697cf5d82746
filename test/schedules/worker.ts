import { readFileSync } from "node:fs";
import { PROGRAM_PATH } from "./engine/programs.ts";
import { replaceGlobals } from "./engine/replace-globals.ts";
import { replaceModules } from "./engine/replace-modules.ts";
import type { Schedule } from "./schedule.ts";
import type { Failure, FromWorker, ToWorker } from "./worker-messages.ts";

/*
 * A process that runs schedules for main.ts. It is one of its own because the simulation takes the place of Node's modules and timers,
 * which is once and for all.
 */
process.env["TZ"] = "UTC";
process.env["PATH"] = PROGRAM_PATH;
replaceModules();
replaceGlobals();
const { generate } = await import("./generate.ts");
const { generateCrowded } = await import("./crowded.ts");
const { runSchedule } = await import("./run-schedule.ts");
const { describeSchedule } = await import("./schedule.ts");
const { shrink } = await import("./shrink.ts");

/** What a program asks its host once (whether a converter can be locked in) must not be asked in the first schedule only. */
await runSchedule({
  ...generate(1),
  actions: [
    { at: 0, action: { kind: "endorse", image: 0, version: 1, form: "vhd" } },
    { at: 1, action: { kind: "run" } },
  ],
  faults: [],
});

process.on("message", (message: ToWorker) => void work(message));
process.on("disconnect", () => process.exit());
send({ kind: "ready" });

async function work(message: ToWorker): Promise<void> {
  // An outage is thousands of errors, and nobody reads where they came from but with a trace.
  Error.stackTraceLimit = message.trace ? 10 : 0;
  const schedules =
    message.kind === "seeds"
      ? Array.from(
          { length: message.count },
          (_, index) => () => (message.crowded ? generateCrowded : generate)(message.first + index),
        )
      : [() => recorded(message.file)];
  let calls = 0;
  const failures: Failure[] = [];
  const traces: string[] = [];
  for (const make of schedules) {
    const schedule = make();
    const trace = (line: () => string): void => void (message.trace && traces.push(line()));
    const outcome = await runSchedule(schedule, trace);
    calls += outcome.calls;
    const [first] = outcome.violations;
    if (first !== undefined) {
      const small =
        message.shrink && failures.length === 0
          ? await shrink(schedule, (candidate) => failsLike(first.invariant, candidate))
          : schedule;
      failures.push({
        seed: schedule.seed,
        violations: outcome.violations,
        decisions: describeSchedule(small),
        schedule: small,
      });
    }
  }
  send({ kind: "done", schedules: schedules.length, calls, failures, traces });
}

async function failsLike(invariant: string, candidate: Schedule): Promise<boolean> {
  const { violations } = await runSchedule(candidate);
  return violations.some((violation) => violation.invariant === invariant);
}

function recorded(file: string): Schedule {
  const found: { readonly schedule: Schedule } = JSON.parse(readFileSync(file, "utf8"));
  return found.schedule;
}

function send(message: FromWorker): void {
  process.send?.(message);
}
