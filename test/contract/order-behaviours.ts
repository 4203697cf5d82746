import { strict as assert } from "node:assert";
import { test } from "node:test";
import { drain, nothing, send, take, textOf } from "./messages.ts";
import type { Subject } from "./queue-contract.ts";

export function orderBehaviours({ queue: newQueue, other }: Subject): void {
  test("messages of one group come in the order of sending", async () => {
    const queue = await newQueue();
    const texts = Array.from({ length: 12 }, (_, index) => String(index));
    await send(queue, "g", ...texts);
    assert.deepEqual(await drain(queue), texts);
  });

  test("messages of different groups are leased at the same time", async () => {
    const queue = await newQueue();
    for (const group of ["a", "b", "c"]) {
      await send(queue, group, group);
    }
    const texts = [textOf(await take(queue)), textOf(await take(queue)), textOf(await take(queue))];
    assert.deepEqual(texts.sort(), ["a", "b", "c"]);
  });

  test("a group is blocked while its head is leased, and goes on when the head is removed", async () => {
    const queue = await newQueue();
    await send(queue, "g", "1", "2");
    const head = await take(queue);
    await nothing(queue);
    await queue.remove(head);
    assert.equal(textOf(await take(queue)), "2");
  });

  test("a group is blocked while its head is hidden, and the head comes first again", async () => {
    const queue = await newQueue();
    await send(queue, "g", "1", "2");
    await queue.changeVisibility(await take(queue), 2);
    await nothing(queue);
    const head = await take(queue);
    assert.deepEqual([textOf(head), head.attempt], ["1", 2]);
  });

  test("a receiver that waits is woken when the head of a blocked group is removed", async () => {
    const queue = await newQueue();
    await send(queue, "g", "1", "2");
    const head = await take(queue);
    const receiving = take(queue, { waitSeconds: 20 });
    await queue.depth(); // the poll is under way
    const removedAt = performance.now();
    await queue.remove(head);
    assert.equal(textOf(await receiving), "2");
    assert.ok(performance.now() - removedAt < 2000, `took ${performance.now() - removedAt} ms`);
  });

  test("all of many groups are delivered, each in order, and none to two consumers", async () => {
    const queue = await newQueue();
    const groups = Array.from({ length: 15 }, (_, index) => `group-${index}`);
    for (const group of groups) {
      await send(queue, group, `${group} 1`, `${group} 2`);
    }
    const otherEnd = await other(queue);
    const received: string[] = [];
    await Promise.all([queue, otherEnd, queue, otherEnd].map((end) => drain(end, received)));
    for (const group of groups) {
      const ofGroup = received.filter((text) => text.startsWith(`${group} `));
      assert.deepEqual(ofGroup, [`${group} 1`, `${group} 2`]);
    }
    assert.equal(received.length, 30);
  });

  test("two consumers that ask at the same time never get one message", async () => {
    const queue = await newQueue();
    const otherEnd = await other(queue);
    await send(queue, "g", "only");
    const answers = await Promise.all(
      [queue, otherEnd, queue, otherEnd, queue, otherEnd].map((end) =>
        end.receive({ waitSeconds: 0, leaseSeconds: 60 }),
      ),
    );
    assert.equal(answers.filter((answer) => answer !== undefined).length, 1);
  });
}
