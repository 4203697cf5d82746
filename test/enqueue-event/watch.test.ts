import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { it } from "node:test";
import { watchSpool } from "../../functions/enqueue-event/watch.ts";
import { systemClock, type Clock } from "../../functions/shared/time/clock.ts";
import {
  ENDORSEMENT,
  AVAILABLE,
  RecordingQueue,
  SpoolSandbox,
  recordingLog,
} from "./spool-sandbox.ts";

const NAME = "1401879284.000000001-0000009";

/** A watch that runs; `sleeps` holds what it waits for, and `clock` ends a wait only when told to. */
function startWatch(sandbox: SpoolSandbox, queue: RecordingQueue) {
  const stop = new AbortController();
  const log = recordingLog();
  const sleeps: number[] = [];
  let asleep = Promise.withResolvers<() => void>();
  const clock: Clock = {
    ...systemClock,
    sleep: async (milliseconds, signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      signal.addEventListener("abort", () => reject(signal.reason));
      sleeps.push(milliseconds);
      asleep.resolve(resolve);
      return promise;
    },
  };
  const ended = watchSpool(
    sandbox,
    { queue, endorsement: ENDORSEMENT, log, clock, random: () => 1 },
    stop.signal,
  );
  return {
    log,
    sleeps,
    /** Resolves when it waits (again): with what ends the wait. */
    waiting: async () => {
      const wake = await asleep.promise;
      asleep = Promise.withResolvers();
      return wake;
    },
    stop: async () => {
      stop.abort(new Error("stopping"));
      await ended;
    },
  };
}

function nextSend(queue: RecordingQueue): Promise<void> {
  return new Promise((resolve) => {
    queue.onSend = async () => resolve();
  });
}

it("drains what lies there, and makes the directories first", async () => {
  await using sandbox = await SpoolSandbox.create();
  await sandbox.put(NAME, AVAILABLE);
  const queue = new RecordingQueue();
  const watch = startWatch(sandbox, queue);
  await watch.waiting();
  assert.equal(queue.sent.length, 1);
  assert.deepEqual(await sandbox.list("spool"), ["bad", "new", "tmp"]);
  await watch.stop();
});

it("makes a spool that is missing", async () => {
  await using sandbox = await SpoolSandbox.create();
  await rm(sandbox.spoolDirectory, { recursive: true });
  const watch = startWatch(sandbox, new RecordingQueue());
  await watch.waiting();
  assert.deepEqual(await sandbox.list("spool"), ["bad", "new", "tmp"]);
  await watch.stop();
});

it("drains at once when an event arrives", async () => {
  await using sandbox = await SpoolSandbox.create();
  const queue = new RecordingQueue();
  const watch = startWatch(sandbox, queue);
  await watch.waiting(); // and nobody ends the wait
  const sent = nextSend(queue);
  await sandbox.put(NAME, AVAILABLE);
  await sent;
  await watch.stop();
  assert.ok(watch.sleeps.every((milliseconds) => milliseconds === 5000));
});

it("misses no event that arrives while it drains", async () => {
  await using sandbox = await SpoolSandbox.create();
  await sandbox.put(NAME, AVAILABLE);
  const queue = new RecordingQueue();
  const second = Promise.withResolvers<void>();
  queue.onSend = async () => {
    queue.onSend = async () => second.resolve();
    await sandbox.put("1401879285.000000000-0000001", AVAILABLE);
  };
  const watch = startWatch(sandbox, queue);
  await second.promise;
  await watch.stop();
});

it("looks again after five seconds, should the watch have seen nothing", async () => {
  await using sandbox = await SpoolSandbox.create();
  const watch = startWatch(sandbox, new RecordingQueue());
  const wake = await watch.waiting();
  wake();
  await watch.waiting();
  assert.deepEqual(watch.sleeps, [5000, 5000]);
  await watch.stop();
});

it("tries again, ever more slowly, while the queue is down, says so once, and says when it is over", async () => {
  await using sandbox = await SpoolSandbox.create();
  await sandbox.put(NAME, AVAILABLE);
  const queue = new RecordingQueue();
  queue.trouble = new Error("the queue is down");
  const watch = startWatch(sandbox, queue);
  for (let failure = 1; failure < 9; failure += 1) {
    (await watch.waiting())();
  }
  const wake = await watch.waiting();
  assert.deepEqual(watch.sleeps, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  assert.deepEqual(watch.log.lines, [
    "warn the spool cannot be drained now, trying again until it can",
  ]);
  assert.deepEqual(await sandbox.list("spool/new"), [NAME]);
  queue.trouble = undefined;
  wake();
  await watch.waiting();
  assert.equal(queue.sent.length, 1);
  assert.deepEqual(watch.log.lines.slice(1), [
    "info event queued",
    "info the spool is drained again",
  ]);
  await watch.stop();
});

it("reports a refusing file system as something that a person must mend", async () => {
  await using sandbox = await SpoolSandbox.create();
  await rm(sandbox.spoolDirectory, { recursive: true });
  await writeFile(sandbox.spoolDirectory, "");
  const watch = startWatch(sandbox, new RecordingQueue());
  await watch.waiting();
  assert.deepEqual(watch.log.lines, [
    "error the spool cannot be drained until this is mended; no event is lost",
  ]);
  await watch.stop();
});

it("ends when it is told to, whether it waits, tries again or sends", async () => {
  await using sandbox = await SpoolSandbox.create();
  const idle = startWatch(sandbox, new RecordingQueue());
  await idle.waiting();
  await idle.stop();

  await sandbox.put(NAME, AVAILABLE);
  const down = new RecordingQueue();
  down.trouble = new Error("the queue is down");
  const trying = startWatch(sandbox, down);
  await trying.waiting();
  await trying.stop();

  const slow = new RecordingQueue();
  const sending = nextSend(slow);
  const busy = startWatch(sandbox, slow);
  await sending;
  await busy.stop();
  assert.equal(slow.sent.length, 1, "the event that was being sent is finished");
  assert.deepEqual(await sandbox.list("spool/new"), []);
});
