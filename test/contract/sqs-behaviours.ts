import { strict as assert } from "node:assert";
import { test } from "node:test";
import { CreateQueueCommand, GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { createSqsClient, type SqsSettings } from "../../functions/shared/queue/sqs-client.ts";
import { openSqsQueues } from "../../functions/shared/queue/sqs-queues.ts";
import { nothing, send, take, textOf } from "./messages.ts";

/** What only queues on a broker do: attributes, and dead letters that the broker itself made. */
export function sqsBehaviours(name: string, settings: () => SqsSettings): void {
  test(`${name}: queues that it created do not differ, also for the next who opens them`, async () => {
    for (let time = 1; time <= 2; time++) {
      const queues = openSqsQueues(settings());
      await queues.open("fresh");
      assert.deepEqual(queues.differences(), []);
      await queues.close();
    }
  });

  test(`${name}: two who open a missing queue at the same time both get it`, async () => {
    const [one, two] = [openSqsQueues(settings()), openSqsQueues(settings())];
    await Promise.all([one.open("raced"), two.open("raced"), one.open("raced")]);
    assert.deepEqual([one.differences(), two.differences()], [[], []]);
    await Promise.all([one.close(), two.close()]);
  });

  test(`${name}: every difference of an existing queue is named`, async () => {
    await createByHand(settings(), "differs", 5);
    const queues = openSqsQueues(settings());
    await queues.open("differs");
    const policy = "RedrivePolicy is {.*5.*}, wanted {.*1000.*}";
    assert.deepEqual(
      [`test-differs.fifo: VisibilityTimeout is 45, wanted 120`, policy].filter(
        (wanted) => !queues.differences().some((sentence) => new RegExp(wanted).test(sentence)),
      ),
      [],
    );
    assert.ok(
      queues
        .differences()
        .some((sentence) => sentence.startsWith("queue test-differs-dlq.fifo: VisibilityTimeout")),
    );
    await queues.close();
  });

  test(`${name}: a message that the broker moved is a dead letter without a reason, and can be sent again`, async () => {
    await createByHand(settings(), "worn", 1);
    const queues = openSqsQueues(settings());
    const queue = await queues.open("worn");
    await send(queue, "g", "x");
    await queue.changeVisibility(await take(queue), 0);
    await nothing(queue);
    const [letter] = await queue.deadLetters(10);
    assert.ok(letter);
    assert.deepEqual([textOf(letter), letter.group, letter.reason], ["x", "g", undefined]);
    assert.equal(await queue.redrive(letter.messageId), 1);
    assert.equal((await take(queue)).group, "g");
    await queues.close();
  });
}

async function createByHand(
  settings: SqsSettings,
  name: string,
  maxReceiveCount: number,
): Promise<void> {
  const client = createSqsClient(settings);
  const Attributes = { FifoQueue: "true", VisibilityTimeout: "45" };
  const dead = await client.send(
    new CreateQueueCommand({ QueueName: `test-${name}-dlq.fifo`, Attributes }),
  );
  const described = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: dead.QueueUrl, AttributeNames: ["QueueArn"] }),
  );
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: described.Attributes?.QueueArn,
    maxReceiveCount,
  });
  await client.send(
    new CreateQueueCommand({
      QueueName: `test-${name}.fifo`,
      Attributes: { ...Attributes, RedrivePolicy },
    }),
  );
  client.destroy();
}
