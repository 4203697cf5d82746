import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { buildApp } from "fauxqs";
import type { Job } from "../../functions/job/job.ts";
import { steps } from "../../functions/registry.ts";
import type { JobQueues } from "../../functions/janitor/closed-queues.ts";
import type { DeadLetter, Queue } from "../../functions/shared/queue/queue.ts";
import { openSqsQueues } from "../../functions/shared/queue/sqs-queues.ts";
import { MAX_RESTARTS } from "../../functions/shared/worker/outcome.ts";
import { forEachTest } from "../fakes/for-each-test.ts";
import { createHousehold } from "./household.ts";

const PIN = "pin-1795339616.000000000-0000001";
const REASON = { code: "x", text: "x", step: "x", time: "2026-11-22T10:00:00Z", attempts: 1 };
const [FIRST = "", SECOND = "", THIRD = "", LAST = ""] = Object.keys(steps);

/** As SQS: how many messages there are can be asked, but not which. */
describe("queues that nobody can look into", () => {
  const house = forEachTest(createHousehold);
  let job: Job;
  beforeEach(async () => {
    const path = await house.stage(PIN);
    job = house.available({ source: { path, pinned: true } });
  });

  /** @param before called before each look at a queue, with its name and the number of that look, from 1 */
  const closed = (before: (name: string, look: number) => Promise<void> = async () => {}) => {
    const looks = new Map<string, number>();
    const queues: JobQueues = {
      open: async (name) => {
        const queue = await house.queues.open(name);
        return {
          name,
          depth: async () => {
            looks.set(name, (looks.get(name) ?? 0) + 1);
            await before(name, looks.get(name) ?? 0);
            return queue.depth();
          },
          deadLetters: (limit) => queue.deadLetters(limit),
        };
      },
    };
    return queues;
  };
  /** A worker's end of a step: the next queue has the message before this one loses it. */
  const move = async (from: string, to: string): Promise<void> => {
    const queue = await house.queues.open(from);
    const delivery = await house.take(queue);
    await house.send(job, to);
    await queue.remove(delivery);
  };
  const stays = async (queues: JobQueues, reason: RegExp): Promise<void> => {
    const { removed, kept } = await house.pass({ days: 300, queues });
    assert.deepEqual(removed, []);
    assert.match(kept.map((file) => file.reason).join(), reason);
    assert.deepEqual(await house.staged(), [PIN]);
  };

  it("are believed to be empty when they stay so for minutes", async () => {
    const pauses: number[] = [];
    const clock = {
      ...house.clockAt(2),
      sleep: async (milliseconds: number) => void pauses.push(milliseconds),
    };
    await house.pass({ queues: closed(), clock });
    assert.deepEqual(await house.staged(), []);
    assert.deepEqual(pauses, [60_000, 60_000, 60_000]);
  });

  for (const step of Object.keys(steps)) {
    it(`protect everything while ${step} has a message, seen or hidden`, async () => {
      const queue = await house.send(house.available(), step);
      await stays(closed(), new RegExp(`^1 messages for ${step}`));
      const delivery = await house.take(queue);
      await stays(closed(), new RegExp(`^1 messages for ${step}`));
      await queue.changeVisibility(delivery, 900);
      await stays(closed(), new RegExp(`^1 messages for ${step}`));
      assert.deepEqual(
        house.lines.filter(({ level }) => level === "warn"),
        [],
        "that is no failure",
      );
    });
  }

  it("show their dead letters, which protect what they name and nothing else", async () => {
    const other = house.available();
    await house.stage(`${other.id}.raw`);
    const queue = await house.send(job, THIRD);
    await queue.deadLetter(await house.take(queue), REASON);
    await house.pass({ queues: closed() });
    assert.deepEqual(await house.staged(), [PIN]);
  });

  for (const [what, see] of [
    ["none is seen", () => []],
    ["one is seen twice instead", (letters) => [...letters.slice(1), ...letters.slice(1)]],
  ] as const satisfies [string, (letters: readonly DeadLetter[]) => readonly DeadLetter[]][]) {
    it(`protect everything when there are two dead letters and ${what}`, async () => {
      const queue = await house.send(house.available(), THIRD);
      await house.send(house.available(), THIRD);
      await queue.deadLetter(await house.take(queue), REASON);
      await queue.deadLetter(await house.take(queue), REASON);
      const looking = closed();
      const queues: JobQueues = {
        open: async (name) => ({
          ...(await looking.open(name)),
          deadLetters: async () => see(await queue.deadLetters(10)),
        }),
      };
      await stays(queues, /^of 2 dead letters of register-image only [01] can be seen now/);
    });
  }

  it("are those of SQS", async () => {
    const app = buildApp({ logger: false });
    const endpoint = await app.listen({ host: "127.0.0.1", port: 0 });
    const credentials = { accessKeyId: "any", secretAccessKey: "any" };
    const queues = openSqsQueues({ endpoint, region: "us-east-1", prefix: "j-", credentials });
    try {
      const queue = await queues.open(LAST);
      await queue.send({ body: "{}", group: "g", deduplicationId: "1" });
      const delivery = await house.take(queue);
      await stays(queues, /^1 messages for restore-permissions/);
      await queue.remove(delivery);
      await house.pass({ queues });
      assert.deepEqual(await house.staged(), []);
    } finally {
      await queues.close();
      await app.close();
    }
  });

  it("do not hide a job that moves on from step to step while they are read, and dies at the end", async () => {
    await house.send(job, FIRST);
    const order = [FIRST, SECOND, THIRD, LAST];
    const onward = async (name: string, look: number): Promise<void> => {
      const next = order[order.indexOf(name) + 1];
      if (look === 1 && next !== undefined) {
        await move(name, next);
      } else if (look === 1) {
        const queue: Queue = await house.queues.open(name);
        await queue.deadLetter(await house.take(queue), REASON);
      }
    };
    await stays(closed(onward), /^its job is in a queue or a dead letter$/);
  });

  it("do not hide a job that starts over behind the reader's back, as often as it may", async () => {
    await house.send(job, THIRD);
    let restarts = 0;
    const backward = async (name: string, look: number): Promise<void> => {
      if (look % 2 === 0 || restarts === MAX_RESTARTS) {
        return; // each reading looks twice, for messages and for dead letters
      }
      if (name === FIRST && restarts > 0) {
        await move(FIRST, THIRD); // it has come this far again since the last reading
      } else if (name === THIRD) {
        restarts += 1;
        await move(THIRD, FIRST);
      }
    };
    await stays(closed(backward), /^1 messages for capture-metadata/);
    assert.equal(restarts, MAX_RESTARTS);
  });
});
