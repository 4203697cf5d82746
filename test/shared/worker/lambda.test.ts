import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { GiveUp, RetryLater, StartOver } from "../../../functions/shared/step/errors.ts";
import type { Delivery } from "../../../functions/shared/queue/queue.ts";
import { lambdaHandler } from "../../../functions/shared/worker/lambda.ts";
import { MESSAGE, numberOf, workbench } from "./workbench.ts";

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** What a step does with a message, by its number. */
type Behaviour = Readonly<Record<number, () => unknown>>;

/** As AWS builds it from messages that it has received; https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
function eventOf(deliveries: readonly Delivery[]): unknown {
  return {
    Records: deliveries.map((delivery) => ({
      messageId: delivery.messageId,
      receiptHandle: delivery.receipt,
      body: delivery.body,
      attributes: {
        ApproximateReceiveCount: String(delivery.attempt),
        SentTimestamp: String(delivery.sentAt),
        SequenceNumber: "18849496460467696128",
        MessageGroupId: delivery.group,
        SenderId: "AIDAIO23YVJENQZJOL4VO",
        MessageDeduplicationId: "1",
        ApproximateFirstReceiveTimestamp: String(delivery.sentAt + 1),
      },
      messageAttributes: { traceparent: { stringValue: TRACE, dataType: "String" } },
      md5OfBody: "e4e68fb7bd0e697a0ae8f1bb342846b3",
      eventSource: "aws:sqs",
      eventSourceARN: "arn:aws:sqs:eu-west-1:123456789012:own.fifo",
      awsRegion: "eu-west-1",
    })),
  };
}

/** Leases messages, each of the group given, and hands them to a Lambda in one batch. */
async function invoke(t: TestContext, groups: readonly string[], behaviour: Behaviour) {
  const bench = await workbench(t);
  const seen: number[] = [];
  const handler = lambdaHandler(
    "own-step",
    {
      next: "next",
      run: async (message) => {
        const n = numberOf(message);
        seen.push(n);
        return behaviour[n] === undefined ? message : behaviour[n]();
      },
    },
    {
      queue: bench.own,
      firstQueue: bench.first,
      nextQueue: bench.next,
      deps: bench.deps,
      random: () => 1,
    },
  );
  const deliveries: Delivery[] = [];
  for (const [n, group] of groups.entries()) {
    await bench.put({ ...MESSAGE, n }, `${group}-${n}`); // one group a message, or a FIFO queue would not hand it out
    const delivery = await bench.own.receive({ leaseSeconds: 120 });
    assert.ok(delivery);
    deliveries.push({ ...delivery, group });
  }
  const { batchItemFailures } = await handler(eventOf(deliveries));
  const failed = batchItemFailures.map(({ itemIdentifier }) =>
    deliveries.findIndex(({ messageId }) => messageId === itemIdentifier),
  );
  return { bench, seen, failed };
}

function fail(error: Error): () => never {
  return () => {
    throw error;
  };
}

describe("Lambda handler", () => {
  it("passes results on and leaves it to Lambda to remove the messages", async (t) => {
    const { bench, failed } = await invoke(t, ["a", "b"], {});
    assert.deepEqual(failed, []);
    assert.deepEqual(bench.bodies(bench.next), [
      { ...MESSAGE, n: 0 },
      { ...MESSAGE, n: 1 },
    ]);
    assert.equal(bench.next.sent[0]?.group, "a");
    assert.equal(bench.next.sent[0]?.trace, TRACE);
    assert.equal(bench.own.count("remove"), 0);
  });

  it("reports what is to be retried, hidden with back-off, and the rest of its group without looking at it", async (t) => {
    const { bench, seen, failed } = await invoke(t, ["a", "a", "b", "a", "b"], {
      1: fail(new RetryLater("down", { afterSeconds: 60 })),
    });
    assert.deepEqual(failed, [1, 3]);
    assert.deepEqual(seen, [0, 1, 2, 4]);
    assert.deepEqual(
      bench.own.calls.filter((call) => call.startsWith("changeVisibility")),
      ["changeVisibility 60"],
    );
  });

  it("what is given up lies in the dead letters with its reason, and its group goes on", async (t) => {
    const { bench, seen, failed } = await invoke(t, ["a", "a"], {
      0: fail(new GiveUp("checksum-mismatch", "differs")),
    });
    assert.deepEqual(failed, []);
    assert.deepEqual(seen, [0, 1]);
    const [letter] = await bench.own.deadLetters(1);
    assert.equal(letter?.reason?.code, "checksum-mismatch");
  });

  it("a job that starts over is in the first queue and not reported", async (t) => {
    const { bench, failed } = await invoke(t, ["a"], { 0: fail(new StartOver("gone")) });
    assert.deepEqual(failed, []);
    assert.deepEqual(bench.bodies(bench.first), [{ job: { ...MESSAGE.job, restarts: 1 } }]);
  });

  it("what is no event of a FIFO queue is refused before anything is done", async (t) => {
    const bench = await workbench(t);
    const handler = lambdaHandler(
      "own-step",
      { next: undefined, run: () => assert.fail("must not run") },
      { queue: bench.own, firstQueue: bench.first, nextQueue: undefined, deps: bench.deps },
    );
    for (const event of [undefined, {}, { Records: [{ messageId: "1", body: "{}" }] }]) {
      await assert.rejects(handler(event), { name: "ZodError" });
    }
    assert.deepEqual(await handler({ Records: [] }), { batchItemFailures: [] });
  });
});
