import { strict as assert } from "node:assert";
import { test } from "node:test";
import { GiveUp } from "../../functions/shared/step/errors.ts";
import { QueueFailure } from "../../functions/shared/queue/queue-failure.ts";
import { drain, nothing, outgoing, send, take, textOf } from "./messages.ts";
import type { Subject } from "./queue-contract.ts";

export function sendingBehaviours({ queue: newQueue, other, deviations }: Subject): void {
  test("a message arrives with all that was sent", async () => {
    const queue = await newQueue();
    const before = Date.now();
    const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    await queue.send({ ...outgoing("hello", "g"), trace });
    const delivery = await take(queue);
    assert.deepEqual(
      {
        text: textOf(delivery),
        group: delivery.group,
        attempt: delivery.attempt,
        trace: delivery.trace,
      },
      { text: "hello", group: "g", attempt: 1, trace },
    );
    assert.ok(Math.abs(delivery.sentAt - before) < 5000, `sent at ${delivery.sentAt}`);
    assert.ok(delivery.messageId.length > 0);
  });

  test("a message without a trace has none", async () => {
    const queue = await newQueue();
    await queue.send(outgoing("hello"));
    assert.equal((await take(queue)).trace, undefined);
  });

  test("an empty queue gives nothing", async () => {
    await nothing(await newQueue());
  });

  test("a removed message is gone", async () => {
    const queue = await newQueue();
    await send(queue, "g", "one");
    await queue.remove(await take(queue));
    await nothing(queue);
    assert.deepEqual(await queue.depth(), { waiting: 0, inFlight: 0, dead: 0 });
  });

  test("a second message with the same deduplication id is accepted and dropped, even after the first is removed", async () => {
    const queue = await newQueue();
    const message = outgoing("once");
    await queue.send(message);
    await queue.send({ ...message, body: '"again"' });
    assert.deepEqual(await drain(queue), ["once"]);
    await queue.send(message);
    await nothing(queue);
  });

  test("the same deduplication id in another queue is another message", async () => {
    const [one, two] = [await newQueue(), await newQueue()];
    const message = outgoing("both");
    await one.send(message);
    await two.send(message);
    assert.deepEqual([await drain(one), await drain(two)], [["both"], ["both"]]);
  });

  test("a body of 100 KiB arrives whole", async () => {
    const queue = await newQueue();
    const text = "0123456789abcdef".repeat(6400);
    await queue.send(outgoing(text));
    assert.equal(textOf(await take(queue)), text);
  });

  test("text that is not ASCII, and JSON's escapes, arrive as they were", async () => {
    const queue = await newQueue();
    const text = 'Žluťoučký kůň, 画像, \u0000\u0001\u001f "\\" \u2028 \uFFFE \uFFFF \uD800 \t\r\n';
    await queue.send(outgoing(text));
    assert.equal(textOf(await take(queue)), text);
  });

  test(`characters beyond U+FFFF are ${deviations.astralCharacters}`, async () => {
    const queue = await newQueue();
    const sending = queue.send(outgoing("😀"));
    if (deviations.astralCharacters === "refused") {
      await assert.rejects(sending, QueueFailure);
    } else {
      await sending;
      assert.equal(textOf(await take(queue)), "😀");
    }
  });

  test("what no implementation could carry is refused for good", async () => {
    const queue = await newQueue();
    const message = outgoing("x");
    for (const bad of [
      { ...message, body: "" },
      { ...message, body: "x".repeat(2 ** 20) },
      { ...message, group: "" },
      { ...message, group: "a b" },
      { ...message, group: "é" },
      { ...message, deduplicationId: "x".repeat(129) },
      { ...message, trace: "\n" },
    ]) {
      await assert.rejects(
        queue.send(bad),
        (error) => error instanceof GiveUp && error.code === "message-refused",
      );
    }
    await nothing(queue);
  });

  test("a waiting receiver gets a message at once, also when somebody else sent it", async () => {
    const queue = await newQueue();
    for (const sender of [queue, await other(queue)]) {
      const receiving = take(queue, { waitSeconds: 20 });
      await queue.depth(); // the poll is under way
      const sentAt = performance.now();
      await send(sender, "g", "hello");
      await queue.remove(await receiving);
      assert.ok(performance.now() - sentAt < 2000, `took ${performance.now() - sentAt} ms`);
    }
  });

  test("depth tells waiting, leased and dead messages apart", async () => {
    const queue = await newQueue();
    await send(queue, "a", "1", "2", "3");
    await send(queue, "b", "4");
    await queue.deadLetter(await take(queue), {
      code: "c",
      text: "t",
      step: "s",
      time: "now",
      attempts: 1,
    });
    await take(queue);
    assert.deepEqual(await queue.depth(), { waiting: 2, inFlight: 1, dead: 1 });
  });
}
