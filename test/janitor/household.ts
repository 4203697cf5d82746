import { randomUUID } from "node:crypto";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Job } from "../../functions/job/job.ts";
import { janitorPass, type PassDeps, type PassReport } from "../../functions/janitor/pass.ts";
import { FIRST_STEP, steps } from "../../functions/registry.ts";
import { systemClock, type Clock } from "../../functions/shared/time/clock.ts";
import { openSqliteQueues } from "../../functions/shared/queue/sqlite-queues.ts";
import type { Delivery, Queue, Queues } from "../../functions/shared/queue/queue.ts";
import { createChain, type Chain } from "../fakes/chain.ts";
import { recordingLog, type Line } from "../shared/worker/recording-log.ts";

const DAY_MS = 86_400_000;

/** A site with its spool, its queues in a file, and a janitor that can be sent round. */
export interface Household extends Omit<Chain, "pass"> {
  readonly queues: Queues;
  /** What the janitor logged. */
  readonly lines: readonly Line[];
  /** Sends the janitor round, two days from now unless told otherwise. */
  pass(options?: PassOptions): Promise<PassReport>;
  /** A janitor's clock; its pauses take no time. */
  clockAt(days: number): Clock;
  /** Puts a file of that name into staging. @returns its path */
  stage(name: string): Promise<string>;
  /** The names in staging. */
  staged(): Promise<readonly string[]>;
  /** Records an event. @param where `new`, `tmp` or `bad` */
  record(where: string, entry: string): Promise<void>;
  /** Sends the job to a step's queue. */
  send(job: Job, step?: string): Promise<Queue>;
  /** As a worker takes it. */
  take(queue: Queue): Promise<Delivery>;
  close(): Promise<void>;
}

type PassOptions = Partial<PassDeps> & {
  /** From now. */
  readonly days?: number;
  /** Called when the janitor looks into the queues; it has listed what there is by then. */
  readonly bodies?: () => Promise<readonly string[] | undefined>;
};

export async function createHousehold(): Promise<Household> {
  const chain = await createChain();
  const { config } = chain.site;
  const { log, lines } = recordingLog();
  const queues = openSqliteQueues(config.queueFile);
  await mkdir(join(config.spoolDirectory, "new"), { recursive: true });

  const clockAt = (days: number): Clock => ({
    ...systemClock,
    now: () => new Date(Date.now() + days * DAY_MS),
    sleep: async (_milliseconds, signal) => signal.throwIfAborted(),
  });
  return {
    ...chain,
    queues,
    lines,
    clockAt,
    pass: ({ days = 2, bodies, ...given } = {}) =>
      janitorPass(
        {
          ...chain.deps,
          log,
          clock: clockAt(days),
          queues: bodies === undefined ? queues : { open: (name) => queues.open(name), bodies },
          steps: Object.keys(steps),
          ...given,
        },
        AbortSignal.timeout(20_000),
      ),
    stage: async (name) => {
      const path = join(config.stagingDirectory, name);
      await writeFile(path, name);
      return path;
    },
    staged: async () => (await readdir(config.stagingDirectory)).sort(),
    record: async (where, entry) => {
      await mkdir(join(config.spoolDirectory, where), { recursive: true });
      await writeFile(join(config.spoolDirectory, where, entry), "");
    },
    send: async (job, step = FIRST_STEP) => {
      const queue = await queues.open(step);
      await queue.send({
        body: JSON.stringify({ job }),
        group: job.identifier,
        deduplicationId: randomUUID(),
      });
      return queue;
    },
    take: async (queue) => {
      const delivery = await queue.receive({ waitSeconds: 0, leaseSeconds: 120 });
      if (delivery === undefined) {
        throw new Error(`${queue.name}: there is no message`);
      }
      return delivery;
    },
    close: async () => {
      await queues.close();
      await chain.site.close();
    },
  };
}
