import { fork, type ChildProcess } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Failure, FromWorker, ToWorker } from "./worker-messages.ts";

/*
 * npm run test:schedules -- [--seeds N] [--seed S] [--crowded] [--jobs J] [--trace] [--record] [--replay DIRECTORY]
 *
 * Runs the schedules of N seeds from S on, with --crowded the hardest ones, or those that were recorded as files of a directory. A schedule
 * that violates an invariant is shrunk and printed, with --record as JSON too; --trace prints all that happened. Ends with 1 when there is one.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    crowded: { type: "boolean", default: false },
    jobs: { type: "string", default: String(availableParallelism()) },
    trace: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
    replay: { type: "string" },
  },
});

const SEEDS_AT_A_TIME = 20;
const PROGRESS_MS = 20_000;
const SHOWN = 5;

const options = { shrink: values.replay === undefined && !values.trace, trace: values.trace };
const work = values.replay === undefined ? seeds() : recorded(values.replay);
const startedAt = performance.now();
const failures: Failure[] = [];
let schedules = 0;
let calls = 0;
const progress = setInterval(() => print(`${schedules} schedules so far`), PROGRESS_MS);

await Promise.all(Array.from({ length: Number(values.jobs) }, runWorker));
clearInterval(progress);
failures.sort((one, other) => one.seed - other.seed);
failures.slice(0, SHOWN).forEach(show);
if (failures.length > SHOWN) {
  print(
    `and seeds ${failures
      .slice(SHOWN)
      .map(({ seed }) => seed)
      .join(", ")}`,
  );
}
const seconds = (performance.now() - startedAt) / 1000;
print(
  `${calls} calls of OpenNebula, ${(schedules / seconds).toFixed(1)} schedules a second, ${seconds.toFixed(1)} s`,
);
print(`${schedules} schedules, ${failures.length} violations`);
process.exitCode = failures.length > 0 ? 1 : 0;

function* seeds(): Generator<ToWorker> {
  const first = Number(values.seed);
  const count = Number(values.seeds);
  for (let done = 0; done < count; done += SEEDS_AT_A_TIME) {
    const some = Math.min(SEEDS_AT_A_TIME, count - done);
    yield { ...options, kind: "seeds", crowded: values.crowded, first: first + done, count: some };
  }
}

function* recorded(directory: string): Generator<ToWorker> {
  for (const name of readdirSync(directory).filter((file) => file.endsWith(".json"))) {
    yield { ...options, kind: "recorded", file: join(directory, name) };
  }
}

/** Gives a worker one piece of work after the other. */
async function runWorker(): Promise<void> {
  const worker = fork(join(import.meta.dirname, "worker.ts"), { stdio: "inherit" });
  await new Promise<void>((resolve, reject) => {
    worker.on("message", (message: FromWorker) => {
      if (message.kind === "done") {
        schedules += message.schedules;
        calls += message.calls;
        failures.push(...message.failures);
        message.traces.forEach(print);
      }
      giveMore(worker);
    });
    worker.on("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`)),
    );
  });
}

function giveMore(worker: ChildProcess): void {
  const next = work.next();
  if (next.done === true) {
    worker.disconnect();
  } else {
    // To shrink a schedule takes as long as to run a hundred.
    worker.send({ ...next.value, shrink: next.value.shrink && failures.length < SHOWN });
  }
}

function show({ seed, violations, decisions, schedule }: Failure): void {
  print(`seed ${seed}:`);
  for (const { invariant, what } of violations) {
    print(`  ${invariant}: ${what}`);
  }
  print("  what it takes:");
  decisions.forEach((line) => print(`    ${line}`));
  if (values.record) {
    print(JSON.stringify({ invariant: violations[0]?.invariant, schedule }));
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
