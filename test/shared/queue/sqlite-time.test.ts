import { strict as assert } from "node:assert";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { LeaseLost } from "../../../functions/shared/step/errors.ts";
import type { Queue } from "../../../functions/shared/queue/queue.ts";
import { openSqliteQueues } from "../../../functions/shared/queue/sqlite-queues.ts";
import { temporaryDirectory } from "../../fakes/temporary-directory.ts";
import { ManualClock } from "../worker/manual-clock.ts";

/*
 * Bug: a message waits, is leased and is hidden until a time of the wall clock. When that was set back by a day, what had been
 * sent before could not be received for a day, in no process. Fix: the times in the file go back with the clock.
 */
const directory = await temporaryDirectory({ after });

const DAY = 86_400;
let files = 0;

function open(path = join(directory, `${++files}.sqlite`)) {
  const clock = new ManualClock();
  return { path, clock, queues: openSqliteQueues(path, { clock }) };
}

const take = (queue: Queue) => queue.receive({ waitSeconds: 0, leaseSeconds: 60 });
const message = (body: string) => ({ body, group: body, deduplicationId: body });

test("what was sent before the clock was set back is received after it", async () => {
  const { queues, clock } = open();
  const queue = await queues.open("q");
  await queue.send(message("x"));
  clock.jump(-DAY);
  const delivery = await take(queue);
  assert.equal(delivery?.body, "x");
  assert.equal(delivery.sentAt, clock.now().getTime());
  await queues.close();
});

test("a lease and a delay keep what was left of them, no more and no less", async () => {
  const { queues, clock } = open();
  const queue = await queues.open("q");
  await queue.send(message("leased"));
  await queue.send(message("hidden"));
  const leased = await take(queue);
  const hidden = await take(queue);
  assert.ok(leased && hidden);
  clock.jump(20);
  await queue.changeVisibility(hidden, 300);
  clock.jump(-DAY);
  assert.equal(await take(queue), undefined);
  clock.jump(39);
  assert.equal(await take(queue), undefined, "the lease has a second left");
  await queue.changeVisibility(leased, 60);
  clock.jump(259);
  const again = await take(queue);
  assert.equal(again?.body, "leased");
  clock.jump(2);
  assert.equal((await take(queue))?.body, "hidden");
  await assert.rejects(queue.remove(leased), LeaseLost);
  await queues.close();
});

test("of several processes one turns the times back, and they agree", async () => {
  const { path, queues, clock } = open();
  const other = openSqliteQueues(path, { clock });
  const [queue, same] = [await queues.open("q"), await other.open("q")];
  await queue.send(message("x"));
  assert.ok(await take(queue));
  clock.jump(-DAY);
  assert.equal(await take(same), undefined);
  assert.equal(await take(queue), undefined);
  clock.jump(59);
  assert.equal(await take(same), undefined);
  clock.jump(2);
  assert.equal((await take(same))?.body, "x");
  await Promise.all([queues.close(), other.close()]);
});

test("ids are remembered for five minutes, also when the clock goes back meanwhile", async () => {
  const { queues, clock } = open();
  const queue = await queues.open("q");
  await queue.send(message("x"));
  const first = await take(queue);
  assert.ok(first);
  await queue.remove(first);
  clock.jump(-DAY);
  await queue.send(message("x"));
  assert.equal(await take(queue), undefined, "dropped");
  clock.jump(301);
  await queue.send(message("x"));
  assert.ok(await take(queue));
  await queues.close();
});

test("a file of the version before is taken over with what is in it", async () => {
  const { path, queues } = open();
  const queue = await queues.open("q");
  await queue.send(message("x"));
  await queues.close();
  const older = new DatabaseSync(path);
  older.exec("DROP TABLE clock; PRAGMA user_version = 1");
  older.close();
  const reopened = open(path);
  assert.equal((await take(await reopened.queues.open("q")))?.body, "x");
  await reopened.queues.close();
});
