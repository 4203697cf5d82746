import type { Config } from "../shared/settings/config.ts";
import type { Deps } from "../shared/step/deps.ts";
import { openHealth } from "../shared/health/health.ts";
import type { SpoolCount } from "../shared/health/spool-metrics.ts";
import type { Log } from "../shared/log/log.ts";
import { openQueues } from "../shared/queue/open-queues.ts";
import type { Queues } from "../shared/queue/queue.ts";
import { createDeps } from "../shared/worker/create-deps.ts";
import { watchOutage } from "../shared/worker/outage.ts";
import { openStepQueues } from "../shared/worker/step-queues.ts";
import type { Observer, RunnableStep, Sender } from "../shared/worker/step.ts";
import { runStep } from "../shared/worker/worker.ts";

/** What a process runs its steps with. */
export interface RunStepsOptions<Name extends string> {
  /** The registry. */
  readonly steps: Readonly<Record<Name, RunnableStep>>;
  /** The step whose queue new jobs go to. */
  readonly firstStep: Name;
  readonly config: Config;
  readonly log: Log;
  /** What else runs in the process, for example the watch on the spool. */
  readonly extra?: readonly ExtraTask[];
  /** What runs from the first moment, whether the queue answers or not, until its signal aborts. */
  readonly apart?: readonly ApartTask[];
  /** How much lies in the spool, for the metrics; given where it is drained. */
  readonly countSpool?: (() => Promise<SpoolCount>) | undefined;
}

/** Runs beside the steps until `signal` aborts, then resolves. */
export type ExtraTask = (
  given: { readonly firstQueue: Sender; readonly queues: Queues } & Parameters<ApartTask>[0],
) => Promise<void>;

/** The same without the queue. */
export type ApartTask = (given: {
  readonly deps: Deps;
  readonly observer: Observer;
  readonly signal: AbortSignal;
}) => Promise<void>;

/**
 * Runs the named steps and the extra tasks in this process until `stop`. Queues that cannot be used are waited for.
 * @returns when all of them have ended
 * @throws ConfigError when health and metrics cannot be served where the setting says; what one of them failed with
 *   unexpectedly, after the others have been stopped
 */
export async function runSteps<Name extends string>(
  names: readonly Name[],
  options: RunStepsOptions<Name>,
  stop: AbortSignal,
): Promise<void> {
  const { config, log, steps, firstStep, extra = [], apart = [], countSpool } = options;
  const health = await openHealth({ config, log, functions: names, countSpool, stop });
  const { observer } = health;
  const deps = createDeps(config, log, health.onCall);
  const queues = openQueues(config);
  const work = async (until: AbortSignal): Promise<void> => {
    const outage = watchOutage("the queue", { clock: deps.clock, log, random: Math.random });
    const opened = await outage.outlast(() => openAll(queues, names, { steps, firstStep }), until);
    if (opened === undefined) {
      return; // told to stop before the queue answered
    }
    health.queuesOpened(opened.all);
    for (const difference of queues.differences()) {
      log.error({ difference }, "a queue exists already, with other attributes than wanted");
    }
    const running = opened.own.map(({ name, step, ...its }) => (signal: AbortSignal) => {
      const slots = step.slots(config);
      const { leaseSeconds, stopGraceSeconds } = config;
      return runStep(
        name,
        step,
        { ...its, deps, observer, slots, leaseSeconds, stopGraceSeconds },
        signal,
      );
    });
    const beside = extra.map(
      (task) => (signal: AbortSignal) =>
        task({ firstQueue: opened.firstQueue, queues, deps, observer, signal }),
    );
    log.info({ functions: names }, "started");
    await runTogether([...running, ...beside], until);
    log.info({ functions: names }, "stopped");
  };
  try {
    const tasks = apart.map((task) => (signal: AbortSignal) => task({ deps, observer, signal }));
    await runTogether([...tasks, work], stop);
  } finally {
    await queues.close();
    await health.close();
  }
}

async function openAll<Name extends string>(
  queues: Queues,
  names: readonly Name[],
  { steps, firstStep }: Pick<RunStepsOptions<Name>, "steps" | "firstStep">,
) {
  const open = async (name: Name) => {
    const step = steps[name];
    return { name, step, ...(await openStepQueues(queues, { name, step, firstStep })) };
  };
  const firstQueue = await queues.open(firstStep);
  const own = await Promise.all(names.map(open));
  const all = [
    firstQueue,
    ...own.flatMap(({ queue, nextQueue }) => [queue, nextQueue ?? []].flat()),
  ];
  return { firstQueue, own, all: [...new Map(all.map((queue) => [queue.name, queue])).values()] };
}

/** Runs tasks until `stop`; when one fails, the others are stopped, and the failure is thrown once they have ended. */
async function runTogether(
  tasks: readonly ((signal: AbortSignal) => Promise<void>)[],
  stop: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([stop, failed.signal]);
  await Promise.allSettled(
    tasks.map(async (task) => {
      try {
        await task(signal);
      } catch (error) {
        failed.abort(error); // the first one counts
      }
    }),
  );
  failed.signal.throwIfAborted();
}
