import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { readConfig } from "../../../functions/shared/settings/config.ts";
import type { Deps } from "../../../functions/shared/step/deps.ts";
import { createOpenNebula } from "../../../functions/shared/opennebula/client.ts";
import { openSqliteQueues } from "../../../functions/shared/queue/sqlite-queues.ts";
import type { StepContext } from "../../../functions/shared/worker/step.ts";
import { runStep, type RunStepOptions } from "../../../functions/shared/worker/worker.ts";
import { ManualClock } from "./manual-clock.ts";
import { recordingLog, type Line } from "./recording-log.ts";
import { UnreliableQueue } from "./unreliable-queue.ts";
import { endorsementOf } from "../../../functions/shared/worker/endorsement-sources.ts";

export type Handle = StepContext["step"]["run"];
export type Running = { stop: () => void; ended: () => boolean; done: Promise<void> };
export type Workbench = Awaited<ReturnType<typeof workbench>>;

/**
 * Three queues of one file (the step's own, the first and the next of a chain), a clock, a log, and workers to start.
 * @param message lies in the step's queue already
 */
export async function workbench(t: TestContext, message?: unknown) {
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-worker-"));
  const clock = new ManualClock();
  const queues = openSqliteQueues(join(directory, "queue.sqlite"), { clock });
  const open = async (name: string) => new UnreliableQueue(await queues.open(name));
  const [own, first, next] = [await open("own"), await open("first"), await open("next")];
  const { log, lines } = recordingLog();
  const opennebula = createOpenNebula({
    endpoint: new URL("http://127.0.0.1:1/RPC2"),
    authFile: "/dev/null",
  });
  const config = readConfig({});
  const deps: Deps = { config, endorsement: endorsementOf(config), clock, log, opennebula };
  const outcomes: string[] = [];
  const running: Running[] = [];
  let messages = 0;

  const start = (handle: Handle, options: Partial<RunStepOptions> = {}): Running => {
    const stop = new AbortController();
    let ended = false;
    const done = runStep(
      "own-step",
      { run: handle, next: "nextQueue" in options ? options.nextQueue && "next" : "next" },
      {
        queue: own,
        firstQueue: first,
        nextQueue: next,
        deps,
        slots: 1,
        stopGraceSeconds: 20,
        random: () => 1,
        observer: { onOutcome: ({ outcome }) => void outcomes.push(outcome) },
        ...options,
      },
      stop.signal,
    ).finally(() => {
      ended = true;
    });
    const worker = { stop: () => stop.abort(), ended: () => ended, done };
    running.push(worker);
    return worker;
  };

  t.after(async () => {
    for (const queue of [own, first, next]) {
      queue.recover();
    }
    for (const worker of running) {
      worker.stop();
    }
    while (running.some((worker) => !worker.ended())) {
      await clock.advance(60); // over the time of grace
      await sleep(1);
    }
    await queues.close();
    await rm(directory, { recursive: true });
  });

  const put = async (message: unknown, group = "group-1"): Promise<void> => {
    messages += 1;
    const body = typeof message === "string" ? message : JSON.stringify(message);
    await own.send({ body, group, deduplicationId: `put-${messages}` });
  };
  await (message === undefined ? undefined : put(message));
  return {
    clock,
    own,
    first,
    next,
    deps,
    lines,
    outcomes,
    start,
    /** Puts a message into the step's queue. */
    put,
    linesOf: (level: string): Line[] => lines.filter((line) => line["level"] === level),
    bodies: (queue: UnreliableQueue): unknown[] =>
      queue.sent.map(({ body }) => JSON.parse(body) as unknown),
  };
}

/** Waits, for real, until something is so. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + 3000;
  while (!(await condition())) {
    assert.ok(performance.now() < deadline, `still not: ${what}`);
    await sleep(1);
  }
}

/** A handler's way to wait for its signal: rejects with the reason. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** The number in a message of a test. */
export function numberOf(message: unknown): number {
  return z.object({ n: z.number() }).parse(message).n;
}

/** A message with all that the runtime looks at. */
export const MESSAGE = {
  job: {
    id: "0123456789abcdef0123456789abcdef",
    identifier: "image-1",
    restarts: 0,
    event: "expired",
  },
};
