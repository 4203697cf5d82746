import { strict as assert } from "node:assert";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { Queue } from "../../functions/shared/queue/queue.ts";
import { openSqsQueues } from "../../functions/shared/queue/sqs-queues.ts";
import { installElasticMq, startElasticMq } from "../../infra/elasticmq.ts";
import { drain, outgoing, send, take, textOf } from "./messages.ts";

test("ElasticMQ: what was acknowledged before the broker is killed with SIGKILL is there after its restart", async (t) => {
  const broker = await restartable(t);
  const queue = await broker.open();
  const acknowledged: string[] = [];
  const senders = Array.from({ length: 4 }, async (_, sender) => {
    for (let number = 0; ; number++) {
      const text = `${sender}-${number}`;
      try {
        await queue.send(outgoing(text, `group-${sender}`));
      } catch {
        return; // the broker is gone
      }
      acknowledged.push(text);
      if (acknowledged.length === 150) {
        void broker.kill();
      }
    }
  });
  await Promise.all(senders);
  await broker.kill();

  const found = new Set(await drain(await broker.open()));
  assert.deepEqual(
    acknowledged.filter((text) => !found.has(text)),
    [],
    "acknowledged, but lost",
  );
  assert.ok(acknowledged.length >= 150);
});

test("ElasticMQ: leases, dead letters and their reasons survive a kill; order and forgotten ids do not", async (t) => {
  const broker = await restartable(t);
  const before = await broker.open();
  await send(before, "dead", "bad");
  await before.deadLetter(await take(before), {
    code: "c",
    text: "why",
    step: "s",
    time: "now",
    attempts: 1,
  });
  const removed = outgoing("removed", "other");
  await before.send(removed);
  await before.remove(await take(before));
  await send(before, "g", "1", "2");
  const leased = await take(before);
  assert.equal(textOf(leased), "1");
  await broker.kill();

  const queue = await broker.open();
  assert.equal((await queue.deadLetters(10))[0]?.reason?.text, "why");
  // Documents a fault of 1.7.1 (DBMessage.scala restores isFifo = false): "1" is leased, and yet "2" is handed out.
  const second = await take(queue);
  assert.equal(textOf(second), "2");
  await queue.remove(leased); // the lease itself was kept
  await queue.remove(second);
  // Deduplication ids are rebuilt from the messages that are left, so that of a removed one is forgotten.
  await queue.send(removed);
  assert.equal(textOf(await take(queue)), "removed");
});

/** A broker with its messages on disk; `open` starts it again when it was killed. */
async function restartable(
  t: TestContext,
): Promise<{ open(): Promise<Queue>; kill(): Promise<void> }> {
  await installElasticMq();
  const dataDirectory = await mkdtemp(join(tmpdir(), "elasticmq-"));
  let server = await startElasticMq({ dataDirectory });
  let isKilled = false;
  t.after(async () => {
    await server.kill();
    await rm(dataDirectory, { recursive: true });
  });
  return {
    open: async () => {
      if (isKilled) {
        server = await startElasticMq({ dataDirectory });
        isKilled = false;
      }
      const credentials = { accessKeyId: "any", secretAccessKey: "any" };
      const queues = openSqsQueues({
        endpoint: server.endpoint,
        region: "elasticmq",
        prefix: "test-",
        credentials,
      });
      t.after(() => queues.close());
      return queues.open("restarted");
    },
    kill: async () => {
      isKilled = true;
      await server.kill();
    },
  };
}
