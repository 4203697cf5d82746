import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { systemClock } from "../../../functions/shared/time/clock.ts";
import type { DepthQueue } from "../../../functions/shared/health/depth-probe.ts";
import { openHealth } from "../../../functions/shared/health/health.ts";
import { QueueFailure } from "../../../functions/shared/queue/queue-failure.ts";
import { openSqliteQueues } from "../../../functions/shared/queue/sqlite-queues.ts";
import { recordingLog } from "../worker/recording-log.ts";
import { ask, samples } from "./scrape.ts";

async function health(t: TestContext, queues: readonly DepthQueue[]): Promise<string> {
  const { log, lines } = recordingLog();
  const opened = await openHealth({
    config: { http: { host: "127.0.0.1", port: 0 }, stagingDirectory: "/nonexistent" },
    log,
    functions: [],
    countSpool: undefined,
    stop: new AbortController().signal,
    timing: { limitMs: 20, freshMs: 0 },
  });
  t.after(() => opened.close());
  opened.queuesOpened(queues);
  return String(lines[0]?.["url"]);
}

/** The samples about queues, without the part of their names that is common. */
async function queueSamples(url: string): Promise<Record<string, number>> {
  const found = [...(await samples(url))].filter(([name]) => name.includes("_queue_"));
  return Object.fromEntries(
    found.map(([name, n]) => [name.replace("vmcatcher_one_queue_", ""), n]),
  );
}

const DEPTH = { waiting: 1, inFlight: 2, dead: 3 };

describe("the depth of queues in /metrics", () => {
  it("is that of the embedded queue, with the age of its oldest message", async (t) => {
    const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-depth-"));
    let agoMs = 3_600_000;
    const clock = { ...systemClock, now: () => new Date(Date.now() - agoMs) };
    const queues = openSqliteQueues(join(directory, "queue.sqlite"), { clock });
    t.after(async () => {
      await queues.close();
      await rm(directory, { recursive: true });
    });
    const queue = await queues.open("first");
    const url = await health(t, [queue, await queues.open("empty")]);
    const send = (group: string) => queue.send({ body: "{}", group, deduplicationId: group });
    for (const group of ["a", "b", "c", "d", "e", "f"]) {
      agoMs = group < "c" ? 3_600_000 : 1_800_000;
      await send(group);
    }
    const taken = [];
    for (let n = 0; n < 3; n += 1) {
      taken.push(await queue.receive({ waitSeconds: 0, leaseSeconds: 60 }));
    }
    assert.ok(taken[0] !== undefined);
    const reason = { code: "bad", text: "bad", step: "first", time: "now", attempts: 1 };
    await queue.deadLetter(taken[0], reason);

    const { 'oldest_message_age_seconds{function="first"}': age, ...rest } =
      await queueSamples(url);
    assert.ok(age !== undefined && age >= 3600 && age < 3660, `${age}`);
    assert.deepEqual(rest, {
      'messages{function="first",state="waiting"}': 3,
      'messages{function="first",state="in_flight"}': 2,
      'messages{function="first",state="dead"}': 1,
      'messages{function="empty",state="waiting"}': 0,
      'messages{function="empty",state="in_flight"}': 0,
      'messages{function="empty",state="dead"}': 0,
      'oldest_message_age_seconds{function="empty"}': 0,
      'reachable{function="first"}': 1,
      'reachable{function="empty"}': 1,
    });
  });

  it("leaves out what cannot be told, and is not held up by a queue that is dead", async (t) => {
    let dead = false;
    const dying: DepthQueue = {
      name: "dying",
      depth: () =>
        dead
          ? Promise.reject(new QueueFailure("queue dying: depth", "ECONNREFUSED", "secret"))
          : Promise.resolve(DEPTH),
    };
    const silent: DepthQueue = {
      name: "silent",
      depth: () => (dead ? new Promise(() => undefined) : Promise.resolve(DEPTH)),
    };
    const url = await health(t, [dying, silent]);
    const of = (name: string) => ({
      [`messages{function="${name}",state="waiting"}`]: 1,
      [`messages{function="${name}",state="in_flight"}`]: 2,
      [`messages{function="${name}",state="dead"}`]: 3,
      [`reachable{function="${name}"}`]: 1,
    });
    assert.deepEqual(await queueSamples(url), { ...of("dying"), ...of("silent") });
    assert.equal((await ask(url, "/readyz")).status, 200);

    dead = true;
    assert.deepEqual(await queueSamples(url), {
      'reachable{function="dying"}': 0,
      'reachable{function="silent"}': 0,
    });
    const { status, text } = await ask(url, "/readyz");
    assert.equal(status, 503);
    assert.deepEqual(JSON.parse(text), {
      ready: false,
      reason: "a queue cannot be reached",
      queues: { dying: "ECONNREFUSED", silent: "no answer in 0.02 s" },
      opennebula: "not called yet",
    });
  });
});
