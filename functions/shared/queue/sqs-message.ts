import type {
  Message,
  MessageAttributeValue,
  ReceiveMessageCommandInput,
} from "@aws-sdk/client-sqs";
import * as z from "zod";
import { storableReason } from "./limits.ts";
import type { DeadLetter, DeadLetterReason, Delivery } from "./queue.ts";

/** What a receive must ask for, so that `toDelivery` and `toHeld` find everything. */
export const wantedOfMessage = {
  MessageSystemAttributeNames: [
    "ApproximateReceiveCount",
    "MessageGroupId",
    "SentTimestamp",
    "SequenceNumber",
  ],
  MessageAttributeNames: ["All"],
} satisfies Partial<ReceiveMessageCommandInput>;

/** @throws ZodError when the broker left something out */
export function toDelivery(message: Message): Delivery {
  const { MessageId, Body, ReceiptHandle, Attributes, MessageAttributes } =
    messageSchema.parse(message);
  return {
    messageId: MessageId,
    body: Body,
    group: Attributes.MessageGroupId,
    attempt: Attributes.ApproximateReceiveCount,
    sentAt: Attributes.SentTimestamp,
    trace: MessageAttributes[TRACE],
    receipt: ReceiptHandle,
  };
}

/** A dead letter that was received, to be looked at or moved. */
export interface Held extends DeadLetter {
  readonly receipt: string;
  readonly trace: string | undefined;
  readonly sentAt: number;
  readonly sequence: bigint;
}

/** @throws ZodError when the broker left something out */
export function toHeld(message: Message): Held {
  const { MessageId, Body, ReceiptHandle, Attributes, MessageAttributes } =
    messageSchema.parse(message);
  const code = MessageAttributes[CODE];
  return {
    messageId: MessageId,
    body: Body,
    // A dead letter that the broker itself moved has kept its group.
    group: MessageAttributes[GROUP] ?? Attributes.MessageGroupId,
    reason:
      code === undefined
        ? undefined
        : {
            code,
            text: MessageAttributes[TEXT] ?? "",
            step: MessageAttributes[STEP] ?? "",
            time: MessageAttributes[TIME] ?? "",
            attempts: Number(MessageAttributes[ATTEMPTS] ?? 0),
          },
    receipt: ReceiptHandle,
    trace: MessageAttributes[TRACE],
    sentAt: Attributes.SentTimestamp,
    sequence: Attributes.SequenceNumber,
  };
}

/** The attributes of a message that carries a trace. */
export function traceAttributes(trace: string | undefined): Record<string, MessageAttributeValue> {
  return trace === undefined ? {} : { [TRACE]: text(trace) };
}

/** The attributes of a dead letter. */
export function deadLetterAttributes(
  delivery: Delivery,
  reason: DeadLetterReason,
): Record<string, MessageAttributeValue> {
  const storable = storableReason(reason);
  return {
    ...traceAttributes(delivery.trace),
    [GROUP]: text(delivery.group),
    [CODE]: text(storable.code),
    [TEXT]: text(storable.text),
    [STEP]: text(storable.step),
    [TIME]: text(storable.time),
    [ATTEMPTS]: { DataType: "Number", StringValue: String(storable.attempts) },
  };
}

const TRACE = "traceparent";
const GROUP = "group";
const CODE = "dead-letter-code";
const TEXT = "dead-letter-text";
const STEP = "dead-letter-step";
const TIME = "dead-letter-time";
const ATTEMPTS = "dead-letter-attempts";

const messageSchema = z.object({
  MessageId: z.string(),
  Body: z.string(),
  ReceiptHandle: z.string(),
  Attributes: z.object({
    MessageGroupId: z.string(),
    ApproximateReceiveCount: z.coerce.number(),
    SentTimestamp: z.coerce.number(),
    SequenceNumber: z.coerce.bigint(),
  }),
  MessageAttributes: z
    .record(
      z.string(),
      z.object({ StringValue: z.string().optional() }).transform((value) => value.StringValue),
    )
    .default({}),
});

function text(value: string): MessageAttributeValue {
  return { DataType: "String", StringValue: value };
}
