import { strict as assert } from "node:assert";
import { test } from "node:test";
import type { Queue } from "../../functions/shared/queue/queue.ts";
import { drain, nothing, outgoing, reason, send, take, textOf } from "./messages.ts";
import type { Subject } from "./queue-contract.ts";

export function deadLetterBehaviours({ queue: newQueue, other }: Subject): void {
  test("a dead letter keeps body, group and reason, and is not delivered", async () => {
    const queue = await newQueue();
    await send(queue, "g", "bad");
    await queue.deadLetter(await take(queue), reason("image 42: qemu-img ended with 1"));
    await nothing(queue);
    const [letter, ...more] = await queue.deadLetters(10);
    assert.ok(letter);
    assert.deepEqual(more, []);
    assert.deepEqual([textOf(letter), letter.group], ["bad", "g"]);
    assert.deepEqual(letter.reason, reason("image 42: qemu-img ended with 1"));
  });

  test("a dead letter of the head of a group lets the group go on", async () => {
    const queue = await newQueue();
    await send(queue, "g", "bad", "good");
    await queue.deadLetter(await take(queue), reason("bad"));
    assert.equal(textOf(await take(queue)), "good");
  });

  test("dead letters of one group are all seen, oldest first, and seen again", async () => {
    const queue = await newQueue();
    await buryAll(queue, "g", "1", "2", "3");
    assert.deepEqual((await queue.deadLetters(100)).map(textOf), ["1", "2", "3"]);
    assert.deepEqual((await (await other(queue)).deadLetters(100)).map(textOf), ["1", "2", "3"]);
    assert.equal((await queue.deadLetters(2)).length, 2);
  });

  test("no dead letters is an empty list, and nothing to redrive", async () => {
    const queue = await newQueue();
    assert.deepEqual(await queue.deadLetters(10), []);
    assert.equal(await queue.redrive(), 0);
    assert.equal(await queue.redrive("no-such-id"), 0);
  });

  test("a reason that is long, hostile or empty is kept as far as it can be", async () => {
    const queue = await newQueue();
    await send(queue, "g", "bad");
    const text = `\u0000\u001b[31m\uFFFE\uD800 Ž ${"x".repeat(5000)}`;
    await queue.deadLetter(await take(queue), { ...reason(text), step: "" });
    const [letter] = await queue.deadLetters(10);
    assert.match(letter?.reason?.text ?? "", /^\uFFFD\uFFFD\[31m\uFFFD\uFFFD Ž x{900,990}$/);
    assert.equal(letter?.reason?.step, "-");
  });

  test("redrive sends one dead letter again, with body, group and trace, and leaves the others", async () => {
    const queue = await newQueue();
    const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    await buryAll(queue, "g", "1");
    await queue.send({ ...outgoing("2", "g"), trace });
    await queue.deadLetter(await take(queue), reason("2"));
    await buryAll(queue, "g", "3");
    const second = (await queue.deadLetters(10)).find((letter) => textOf(letter) === "2");
    assert.equal(await queue.redrive(second?.messageId), 1);
    const delivery = await take(queue);
    assert.deepEqual(
      [textOf(delivery), delivery.group, delivery.attempt, delivery.trace],
      ["2", "g", 1, trace],
    );
    assert.deepEqual((await queue.deadLetters(10)).map(textOf), ["1", "3"]);
  });

  test("redrive sends all dead letters again, in order, and they can die again", async () => {
    const queue = await newQueue();
    await buryAll(queue, "g", "1", "2", "3");
    assert.equal(await queue.redrive(), 3);
    assert.deepEqual(await queue.deadLetters(10), []);
    await queue.deadLetter(await take(queue), reason("again"));
    assert.deepEqual(await drain(queue), ["2", "3"]);
    assert.deepEqual((await queue.deadLetters(10)).map(textOf), ["1"]);
    assert.equal(await queue.redrive(), 1);
    assert.deepEqual(await drain(queue), ["1"]);
  });

  test("discard removes one dead letter for good, tells what it was, and leaves the others", async () => {
    const queue = await newQueue();
    await buryAll(queue, "g", "1", "2", "3");
    const second = (await queue.deadLetters(10)).find((letter) => textOf(letter) === "2");
    assert.ok(second);
    assert.deepEqual(await queue.discard(second.messageId), [second]);
    assert.deepEqual((await queue.deadLetters(10)).map(textOf), ["1", "3"]);
    assert.deepEqual(await queue.discard(second.messageId), []);
    assert.equal(await queue.redrive(second.messageId), 0);
    await nothing(queue);
  });

  test("discard removes all dead letters, and no message", async () => {
    const queue = await newQueue();
    assert.deepEqual(await queue.discard(), []);
    await buryAll(queue, "g", "1", "2");
    await send(queue, "g", "alive");
    assert.deepEqual((await queue.discard()).map(textOf), ["1", "2"]);
    assert.deepEqual(await queue.deadLetters(10), []);
    assert.equal((await queue.depth()).dead, 0);
    assert.equal(textOf(await take(queue)), "alive");
  });

  test("dead letters stay in their own queue", async () => {
    const [one, two] = [await newQueue(), await newQueue()];
    await buryAll(one, "g", "1");
    const [letter] = await one.deadLetters(10);
    assert.deepEqual(await two.deadLetters(10), []);
    assert.equal(await two.redrive(letter?.messageId), 0);
    assert.deepEqual(await two.discard(letter?.messageId), []);
    assert.equal((await one.depth()).dead, 1);
  });
}

async function buryAll(queue: Queue, group: string, ...texts: string[]): Promise<void> {
  for (const text of texts) {
    await send(queue, group, text);
    await queue.deadLetter(await take(queue), reason(text));
  }
}
