import { strict as assert } from "node:assert";
import { join } from "node:path";
import { after, test } from "node:test";
import { execa } from "execa";
import { openSqliteQueues } from "../../functions/shared/queue/sqlite-queues.ts";
import { temporaryDirectory } from "../fakes/temporary-directory.ts";
import { drain } from "./messages.ts";

const directory = await temporaryDirectory({ after });

const producer = join(import.meta.dirname, "send-until-killed.ts");

test("SQLite: what was acknowledged to a process that is then killed with SIGKILL is in the queue", async () => {
  const path = join(directory, "killed.sqlite");
  const acknowledged: string[] = [];
  const child = execa(process.execPath, [producer, path, "q"], { buffer: false, reject: false });
  for await (const line of child) {
    acknowledged.push(line);
    if (acknowledged.length === 200) {
      child.kill("SIGKILL"); // what it still printed is read to the end
    }
  }
  assert.equal((await child).signal, "SIGKILL");

  const queues = openSqliteQueues(path);
  const found = new Set(await drain(await queues.open("q")));
  await queues.close();
  assert.deepEqual(
    acknowledged.filter((number) => !found.has(number)),
    [],
    "acknowledged, but lost",
  );
  assert.ok(acknowledged.length >= 200);
});

test("SQLite: a message sent by another process wakes a waiting receiver", async () => {
  const path = join(directory, "woken.sqlite");
  const queues = openSqliteQueues(path);
  const queue = await queues.open("q");
  // One message: a writer that never rests can keep others from the lock for longer than they wait.
  const child = execa(process.execPath, [producer, path, "q", "1"], { buffer: false });
  const firstLine = Promise.withResolvers<number>();
  child.stdout.once("data", () => firstLine.resolve(performance.now()));
  child.stdout.resume();
  const [delivery, sentAt] = await Promise.all([
    queue.receive({ waitSeconds: 20, leaseSeconds: 60 }),
    firstLine.promise,
  ]);
  const lateMs = performance.now() - sentAt;
  await child;
  await queues.close();
  assert.equal(delivery?.body, "0");
  assert.ok(lateMs < 2000, `${lateMs} ms after the send`);
});
