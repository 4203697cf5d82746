import { strict as assert } from "node:assert";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { LeaseLost } from "../../functions/shared/step/errors.ts";
import { nothing, reason, send, take, textOf } from "./messages.ts";
import type { Subject } from "./queue-contract.ts";

export function leaseBehaviours({ queue: newQueue, other, deviations }: Subject): void {
  test("a lease that ends gives the message to the next receiver, with the attempt counted", async () => {
    const queue = await newQueue();
    await send(queue, "g", "x");
    const first = await take(queue, { leaseSeconds: 1 });
    await nothing(queue);
    const second = await take(await other(queue));
    assert.deepEqual([first.attempt, second.attempt, second.messageId], [1, 2, first.messageId]);
    assert.notEqual(second.receipt, first.receipt);
  });

  test("a waiting receiver gets the message when the lease ends, not later", async () => {
    const queue = await newQueue();
    await send(queue, "g", "x");
    await take(queue, { leaseSeconds: 1 });
    const startedAt = performance.now();
    await take(queue, { waitSeconds: 20 });
    assert.ok(performance.now() - startedAt < 3000, `took ${performance.now() - startedAt} ms`);
  });

  test("a heartbeat keeps the message beyond its first lease", async () => {
    const queue = await newQueue();
    await send(queue, "g", "x");
    const delivery = await take(queue, { leaseSeconds: 2 });
    await queue.changeVisibility(delivery, 60);
    await sleep(2500);
    await nothing(queue);
    await queue.remove(delivery);
  });

  test("changeVisibility(0) releases the message at once", async () => {
    const queue = await newQueue();
    await send(queue, "g", "x");
    await queue.changeVisibility(await take(queue), 0);
    assert.equal((await take(await other(queue))).attempt, 2);
  });

  test("changeVisibility(n) hides the message for n seconds", async () => {
    const queue = await newQueue();
    await send(queue, "g", "x");
    const hiddenAt = performance.now();
    await queue.changeVisibility(await take(queue), 2);
    await take(queue);
    const tookMs = performance.now() - hiddenAt;
    assert.ok(tookMs > 1900 && tookMs < 4500, `took ${tookMs} ms`);
  });

  test("a receipt of an earlier lease is worthless for changeVisibility and deadLetter", async () => {
    const queue = await newQueue();
    await send(queue, "g", "x");
    const stale = await take(queue, { leaseSeconds: 1 });
    const valid = await take(queue);
    await assert.rejects(queue.changeVisibility(stale, 0), LeaseLost);
    await assert.rejects(queue.deadLetter(stale, reason("late")), LeaseLost);
    assert.deepEqual(await queue.depth(), { waiting: 0, inFlight: 1, dead: 0 });
    await queue.changeVisibility(valid, 60);
  });

  test(`a receipt of an earlier lease removes nothing: ${deviations.removeWithStaleReceipt}`, async () => {
    const queue = await newQueue();
    await send(queue, "g", "x");
    const stale = await take(queue, { leaseSeconds: 1 });
    const valid = await take(queue);
    if (deviations.removeWithStaleReceipt === "lease-lost") {
      await assert.rejects(queue.remove(stale), LeaseLost);
    } else {
      await queue.remove(stale);
    }
    assert.deepEqual(await queue.depth(), { waiting: 0, inFlight: 1, dead: 0 });
    await queue.remove(valid);
  });

  test(`an ended lease that nobody else got: ${deviations.extensionOfExpiredLease}`, async () => {
    const queue = await newQueue();
    await send(queue, "g", "x");
    const delivery = await take(queue, { leaseSeconds: 1 });
    await sleep(1500);
    if (deviations.extensionOfExpiredLease === "lease-lost") {
      await assert.rejects(queue.changeVisibility(delivery, 60), LeaseLost);
      assert.equal(textOf(await take(queue)), "x");
    } else {
      await queue.changeVisibility(delivery, 60);
      await nothing(queue);
    }
  });

  test("removing the same delivery twice is no error", async () => {
    const queue = await newQueue();
    await send(queue, "g", "x");
    const delivery = await take(queue);
    await queue.remove(delivery);
    await queue.remove(delivery);
  });

  test("a removed message cannot be kept, hidden or dead-lettered", async () => {
    const queue = await newQueue();
    await send(queue, "g", "x");
    const delivery = await take(queue);
    await queue.remove(delivery);
    await assert.rejects(queue.changeVisibility(delivery, 60), LeaseLost);
    await assert.rejects(queue.deadLetter(delivery, reason("late")), LeaseLost);
  });

  test("times out of range are a mistake of the caller", async () => {
    const queue = await newQueue();
    await send(queue, "g", "x");
    const delivery = await take(queue);
    await assert.rejects(queue.receive({ waitSeconds: 21, leaseSeconds: 60 }), RangeError);
    await assert.rejects(queue.receive({ waitSeconds: 0, leaseSeconds: 0 }), RangeError);
    await assert.rejects(queue.changeVisibility(delivery, 43_201), RangeError);
    await assert.rejects(queue.changeVisibility(delivery, 0.5), RangeError);
  });
}
