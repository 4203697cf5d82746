import * as z from "zod";
import type { Delivery } from "../queue/queue.ts";
import { handleDelivery } from "./delivery.ts";
import { stepContext, type LeasingQueue, type StepContext, type StepOptions } from "./step.ts";

/** Answers a batch of SQS messages with those that were not dealt with; all others are deleted by the caller. */
export type LambdaHandler = (event: unknown) => Promise<BatchResponse>;

/** `SQSBatchResponse` of AWS Lambda. */
interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * Makes the handler that AWS Lambda, or what calls itself compatible, runs a step with (`ReportBatchItemFailures` must
 * be on). A delivery ends exactly as in the worker, but that the caller removes what is done.
 *
 * Records are handled one after the other: a batch of one is best for a step that takes long. Once a record has failed,
 * the rest of its message group is reported as failed without being looked at, since order would be lost.
 * @throws z.ZodError when the event is not one of SQS; nothing has been done then
 */
export function lambdaHandler(
  name: string,
  step: StepContext["step"],
  options: StepOptions,
): LambdaHandler {
  const context = stepContext(name, step, { ...options, queue: removedByCaller(options.queue) });
  const neverStopped = new AbortController().signal;
  return async (event) => {
    const blocked = new Set<string>();
    const batchItemFailures: { itemIdentifier: string }[] = [];
    for (const record of eventSchema.parse(event).Records) {
      if (
        blocked.has(record.group) ||
        !DEALT_WITH.has(
          await handleDelivery(context, record, neverStopped, options.deps.clock.elapsed()),
        )
      ) {
        blocked.add(record.group);
        batchItemFailures.push({ itemIdentifier: record.messageId });
      }
    }
    return { batchItemFailures };
  };
}

/** Ends after which the queue need not keep the message: its result, its job or its dead letter is safe elsewhere. */
const DEALT_WITH: ReadonlySet<string> = new Set(["ok", "start_over", "dead"]);

function removedByCaller(queue: LeasingQueue): LeasingQueue {
  return {
    changeVisibility: (delivery, seconds) => queue.changeVisibility(delivery, seconds),
    deadLetter: (delivery, reason) => queue.deadLetter(delivery, reason),
    remove: () => Promise.resolve(),
  };
}

const recordSchema = z
  .object({
    messageId: z.string(),
    receiptHandle: z.string(),
    body: z.string(),
    attributes: z.object({
      ApproximateReceiveCount: z.coerce.number().int().min(1),
      SentTimestamp: z.coerce.number().int(),
      MessageGroupId: z.string(),
    }),
    messageAttributes: z
      .object({ traceparent: z.object({ stringValue: z.string().optional() }).optional() })
      .default({}),
  })
  .transform(({ messageId, receiptHandle, body, attributes, messageAttributes }): Delivery => ({
    messageId,
    body,
    group: attributes.MessageGroupId,
    attempt: attributes.ApproximateReceiveCount,
    sentAt: attributes.SentTimestamp,
    trace: messageAttributes.traceparent?.stringValue,
    receipt: receiptHandle,
  }));

// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html, the part that the queue port knows
const eventSchema = z.object({ Records: z.array(recordSchema) });
