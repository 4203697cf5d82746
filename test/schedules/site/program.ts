import { FIRST_STEP, steps, type StepName } from "../../../functions/registry.ts";
import { Leftovers } from "../../../functions/enqueue-event/leftovers.ts";
import { cleanUntil } from "../../../functions/janitor/loop.ts";
import { drainSpool } from "../../../functions/enqueue-event/drain.ts";
import { openSpool } from "../../../functions/shared/spool/spool.ts";
import { sweepUntil } from "../../../functions/restore-permissions/sweep.ts";
import type { Clock } from "../../../functions/shared/time/clock.ts";
import type { Config } from "../../../functions/shared/settings/config.ts";
import type { Deps } from "../../../functions/shared/step/deps.ts";
import type { Log } from "../../../functions/shared/log/log.ts";
import { createOpenNebula } from "../../../functions/shared/opennebula/client.ts";
import { backoffSeconds, RECEIVE_BACKOFF } from "../../../functions/shared/worker/retry-delay.ts";
import { openStepQueues } from "../../../functions/shared/worker/step-queues.ts";
import { runStep } from "../../../functions/shared/worker/worker.ts";
import { never, type SimulatedProcess } from "../engine/simulated-process.ts";
import type { Schedule } from "../schedule.ts";
import type { Broker } from "./broker.ts";
import { ProcessQueue, readAll } from "./process-queue.ts";
import type { Wire } from "./wire.ts";
import { endorsementOf } from "../../../functions/shared/worker/endorsement-sources.ts";

/** What runs in a process: steps, the draining of the spool, the sweep. */
export type Task = StepName | "enqueue-event" | "sweep" | "janitor";

const STEPS: readonly StepName[] = [
  "capture-metadata",
  "convert-image",
  "register-image",
  "restore-permissions",
];

/** All tasks of a site. */
export const ALL_TASKS = ["enqueue-event", ...STEPS, "sweep", "janitor"] satisfies readonly Task[];

/** What a program finds on its host. */
export interface Surroundings {
  readonly config: Config;
  readonly broker: Broker;
  readonly wire: Wire;
  readonly janitor: Schedule["janitor"];
  readonly log: (line: () => string) => void;
}

/**
 * What `vmcatcher-one run` does, with the real workers, handlers and OpenNebula client; it ends by itself after SIGTERM.
 * Two differences: a receive waits for an hour instead of five seconds, and the spool is looked at every ten minutes instead of
 * five seconds (and at once when the hook has written), so that a day of waiting costs no time.
 */
export async function runProgram(
  tasks: readonly Task[],
  process: SimulatedProcess,
  { config, broker, wire, janitor, log }: Surroundings,
): Promise<void> {
  const { random } = process.machinery;
  const deps: Deps = {
    config,
    opennebula: createOpenNebula({
      endpoint: config.oneXmlrpc,
      authFile: config.oneAuthFile,
      post: wire.post,
      now: () => process.machinery.timeline.now,
    }),
    endorsement: endorsementOf(config),
    clock: clockOf(process),
    log: logOf(process.name, log),
  };
  const queues = {
    open: async (name: string) => new ProcessQueue(name, broker, process),
    differences: () => [],
    bodies: async () => (janitor === "sees" ? await readAll(broker, process) : undefined),
    close: async () => undefined,
  };
  const stop = process.stop.signal;
  const running = tasks.map(async (task) => {
    if (task === "sweep") {
      return await sweepUntil(deps, stop);
    }
    if (task === "janitor") {
      return janitor === "absent"
        ? await aborted(stop)
        : await cleanUntil({ ...deps, queues, steps: STEPS, random: () => random.next() }, stop);
    }
    if (task === "enqueue-event") {
      return await drainUntil(await queues.open(FIRST_STEP), deps, process);
    }
    const step = steps[task];
    const its = await openStepQueues(queues, { name: task, step, firstStep: FIRST_STEP });
    const queue = await queues.open(task);
    const options = {
      ...its,
      queue,
      deps,
      random: () => random.next(),
      slots: step.slots(config),
      stopGraceSeconds: config.stopGraceSeconds,
      waitSeconds: RECEIVE_SECONDS,
    };
    return await runStep(task, step, options, stop);
  });
  await Promise.all(running);
}

async function aborted(stop: AbortSignal): Promise<void> {
  await new Promise((resolve) => stop.addEventListener("abort", resolve, { once: true }));
}

const RECEIVE_SECONDS = 3600;
const SPOOL_POLL_MS = 600_000;
/** One for all: an abort without a reason makes one, with its stack. */
const ARRIVED = new Error("an event has arrived");

/** As `watchSpool`, whose watch on the directory would be the machine's. */
async function drainUntil(
  queue: ProcessQueue,
  { config, endorsement, clock, log }: Deps,
  process: SimulatedProcess,
): Promise<void> {
  const stop = process.stop.signal;
  const { random } = process.machinery;
  const leftovers = new Leftovers(() => clock.elapsed());
  let arrived = false;
  let arrival = new AbortController();
  process.wake = () => {
    arrived = true;
    arrival.abort(ARRIVED);
  };
  for (let failures = 0; !stop.aborted;) {
    try {
      arrived = false;
      await drainSpool(
        await openSpool(config),
        { queue, endorsement, clock, log, leftovers },
        stop,
      );
      failures = 0;
      arrival = new AbortController();
      if (!arrived) {
        await clock
          .sleep(SPOOL_POLL_MS, AbortSignal.any([stop, arrival.signal]))
          .catch(() => undefined);
      }
    } catch {
      failures += 1;
      const seconds = backoffSeconds(RECEIVE_BACKOFF, failures, () => random.next());
      await clock.sleep(seconds * 1000, stop).catch(() => undefined);
    }
  }
}

function clockOf(process: SimulatedProcess): Clock {
  return {
    now: () => new Date(process.machinery.timeline.now),
    elapsed: () => process.machinery.timeline.now,
    sleep: (milliseconds, signal) => {
      if (!process.alive) {
        return never();
      }
      return new Promise((resolve, reject) => {
        const abort = (): void => reject(signal.reason);
        if (signal.aborted) {
          abort();
          return;
        }
        signal.addEventListener("abort", abort, { once: true });
        process.later(milliseconds, () => {
          signal.removeEventListener("abort", abort);
          resolve();
        });
      });
    },
  };
}

function logOf(name: string, write: Surroundings["log"], bindings: object = {}): Log {
  const line =
    (level: string) =>
    (given: unknown, text?: unknown): void =>
      write(() => {
        const facts = typeof given === "object" ? { ...bindings, ...given } : bindings;
        return `${name}: ${level} ${String(text ?? given)} ${JSON.stringify(facts)}`;
      });
  return {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
    child: (more: object) => logOf(name, write, { ...bindings, ...more }),
  } as Log;
}
