import { strict as assert } from "node:assert";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { LeaseLost } from "../../../functions/shared/step/errors.ts";
import { QueueFailure } from "../../../functions/shared/queue/queue-failure.ts";
import type { Delivery, Queue } from "../../../functions/shared/queue/queue.ts";
import { openSqliteQueues } from "../../../functions/shared/queue/sqlite-queues.ts";
import { temporaryDirectory } from "../../fakes/temporary-directory.ts";
import { ManualClock } from "../worker/manual-clock.ts";

const directory = await temporaryDirectory({ after });

let files = 0;
const newPath = (): string => join(directory, `${++files}.sqlite`);

const message = (body: string, deduplicationId = body) => ({ body, group: "g", deduplicationId });
const now = { waitSeconds: 0, leaseSeconds: 60 };

async function takeNow(queue: Queue): Promise<Delivery> {
  const delivery = await queue.receive(now);
  assert.ok(delivery);
  return delivery;
}

test("a deduplication id is remembered for five minutes, and then no longer stored", async () => {
  const [path, clock] = [newPath(), new ManualClock()];
  const queues = openSqliteQueues(path, { clock });
  const queue = await queues.open("q");
  await queue.send(message("one", "id"));
  clock.jump(299);
  await queue.send(message("dropped", "id"));
  await queue.remove(await takeNow(queue));
  assert.equal(await queue.receive(now), undefined);
  clock.jump(2);
  await queue.send(message("two", "id"));
  assert.equal((await takeNow(queue)).body, "two");
  clock.jump(301);
  await queue.send(message("three", "other"));
  const database = new DatabaseSync(path);
  assert.deepEqual(
    database
      .prepare("SELECT id FROM deduplication")
      .all()
      .map((row) => row.id),
    ["other"],
  );
  database.close();
  await queues.close();
});

test("a lease ends with its last millisecond, also for its holder", async () => {
  const clock = new ManualClock();
  const queues = openSqliteQueues(newPath(), { clock });
  const queue = await queues.open("q");
  await queue.send(message("x"));
  const delivery = await takeNow(queue);
  clock.jump(59.999);
  await queue.changeVisibility(delivery, 60);
  assert.equal(await queue.receive(now), undefined);
  clock.jump(60);
  for (const attempt of [queue.changeVisibility(delivery, 60), queue.remove(delivery)]) {
    await assert.rejects(attempt, LeaseLost);
  }
  assert.equal((await takeNow(queue)).attempt, 2);
  await queues.close();
});

test("a message that was handed out 1000 times becomes a dead letter without a reason, and its group goes on", async () => {
  const path = newPath();
  const queues = openSqliteQueues(path);
  const queue = await queues.open("q");
  await queue.send(message("poison"));
  await queue.send(message("good"));
  const database = new DatabaseSync(path);
  database.exec("UPDATE message SET attempts = 999 WHERE body = 'poison'");
  database.close();

  const last = await takeNow(queue);
  assert.deepEqual([last.body, last.attempt], ["poison", 1000]);
  await queue.changeVisibility(last, 0);
  assert.equal((await takeNow(queue)).body, "good");
  const [letter] = await queue.deadLetters(10);
  assert.deepEqual([letter?.body, letter?.group, letter?.reason], ["poison", "g", undefined]);
  assert.equal(await queue.redrive(letter?.messageId), 1);
  assert.deepEqual(await queue.depth(), { waiting: 1, inFlight: 1, dead: 0 });
  await queues.close();
});

test("messages are looked at without being taken: which wait, which are in flight, oldest first", async () => {
  const queues = openSqliteQueues(newPath());
  const queue = await queues.open("q");
  await queue.send(message("taken"));
  const taken = await takeNow(queue);
  await queue.send(message("waiting"));
  const looked = async (limit: number) =>
    (await queue.messages?.(limit))?.map(({ body, attempts, inFlight }) => [
      body,
      attempts,
      inFlight,
    ]);
  const expected = [
    ["taken", 1, true],
    ["waiting", 0, false],
  ];
  assert.deepEqual(await looked(10), expected);
  assert.deepEqual(await looked(1), expected.slice(0, 1));
  await queue.remove(taken);
  assert.equal((await takeNow(queue)).attempt, 1);
  await queues.close();
});

test("a message id is never used again, so an old id cannot redrive another message", async () => {
  const queues = openSqliteQueues(newPath());
  const queue = await queues.open("q");
  await queue.send(message("one"));
  const first = await takeNow(queue);
  await queue.remove(first);
  await queue.send(message("two"));
  assert.notEqual((await takeNow(queue)).messageId, first.messageId);
  await queues.close();
});

test("a waiting receiver is woken by a send of its own process, with no other process around", async () => {
  const queues = openSqliteQueues(newPath());
  const queue = await queues.open("q");
  const receiving = queue.receive({ waitSeconds: 5, leaseSeconds: 60 });
  const sentAt = performance.now();
  await queue.send(message("x"));
  assert.equal((await receiving)?.body, "x");
  assert.ok(performance.now() - sentAt < 1000, `took ${performance.now() - sentAt} ms`);
  await queues.close();
});

test("closing wakes a waiting receiver empty-handed; afterwards every call fails clearly", async () => {
  const queues = openSqliteQueues(newPath());
  const queue = await queues.open("q");
  const receiving = queue.receive({ waitSeconds: 20, leaseSeconds: 60 });
  await queues.close();
  assert.equal(await receiving, undefined);
  await assert.rejects(queue.send(message("x")), QueueFailure);
  await assert.rejects(queue.receive(now), /queue q: receive: the queues are closed/);
  await queues.close();
});

test("a send that fails half-way leaves neither the message nor its deduplication id", async () => {
  const path = newPath();
  const queues = openSqliteQueues(path);
  const queue = await queues.open("q");
  const database = new DatabaseSync(path);
  database.exec(
    "CREATE TRIGGER fail BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'no'); END",
  );
  await assert.rejects(queue.send(message("x")), QueueFailure);
  database.exec("DROP TRIGGER fail");
  await queue.send(message("x"));
  assert.equal((await takeNow(queue)).body, "x");
  database.close();
  await queues.close();
});

test("a stop ends the wait at once, and the next message is lost to nobody", async () => {
  const queues = openSqliteQueues(newPath());
  const queue = await queues.open("q");
  const stop = new AbortController();
  const waiting = queue.receive({ waitSeconds: 20, leaseSeconds: 60, stop: stop.signal });
  stop.abort();
  assert.equal(await waiting, undefined);
  await queue.send(message("later"));
  assert.equal((await takeNow(queue)).attempt, 1);
  await queues.close();
});

test("the bodies of all messages can be seen: waiting, leased, hidden and dead ones, of all queues and processes", async () => {
  const path = newPath();
  const queues = openSqliteQueues(path);
  const another = openSqliteQueues(path);
  const reason = { code: "x", text: "x", step: "x", time: "2026-11-22T10:00:00Z", attempts: 1 };
  const [one, two] = [await queues.open("one"), await another.open("two")];
  for (const body of ["dead", "leased", "hidden", "waiting", "done"]) {
    await one.send({ body, group: body, deduplicationId: body });
  }
  await one.deadLetter(await takeNow(one), reason);
  await takeNow(one);
  await one.changeVisibility(await takeNow(one), 900);
  await two.send(message("elsewhere"));
  assert.deepEqual([...((await queues.bodies?.()) ?? [])].sort(), [
    "dead",
    "done",
    "elsewhere",
    "hidden",
    "leased",
    "waiting",
  ]);
  await one.receive(now);
  await one.remove(await takeNow(one));
  assert.equal((await another.bodies?.())?.includes("done"), false);
  await queues.close();
  await another.close();
  await assert.rejects(async () => queues.bodies?.(), QueueFailure);
});

test("without a limit all messages are looked at, leased and hidden ones too, and those of no other queue", async () => {
  const queues = openSqliteQueues(newPath());
  const queue = await queues.open("q");
  const other = await queues.open("other");
  for (const group of ["leased", "hidden", "waiting"]) {
    await queue.send({ body: group, group, deduplicationId: group });
  }
  await other.send(message("x"));
  await takeNow(queue);
  await queue.changeVisibility(await takeNow(queue), 60);
  const looked = async () => (await queue.messages?.())?.map(({ group }) => group);
  assert.deepEqual(await looked(), ["leased", "hidden", "waiting"]);
  await queue.remove(await takeNow(queue));
  assert.deepEqual(await looked(), ["leased", "hidden"]);
  await queues.close();
});
