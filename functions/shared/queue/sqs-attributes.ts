import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type QueueAttributeName,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import * as z from "zod";
import { MAX_RECEIVES } from "./limits.ts";
import { MISSING, QueueFailure } from "./queue-failure.ts";
import { isExistingQueue, isMissingQueue } from "./sqs-error.ts";

/** A queue and its dead-letter queue, which exist. */
export interface SqsPair {
  readonly url: string;
  readonly deadUrl: string;
  /** How their attributes differ from the wanted ones, one sentence each. */
  readonly differences: readonly string[];
}

/**
 * Finds or creates `<name>.fifo` and `<name>-dlq.fifo`; what exists is compared, never changed.
 * @param mayCreate false to throw QueueFailure `missing` instead
 */
export async function ensureSqsPair(
  client: SQSClient,
  name: string,
  mayCreate = true,
): Promise<SqsPair> {
  const dead = await ensureQueue(client, `${name}-dlq.fifo`, wantedOfAll, mayCreate);
  const deadLetterTargetArn = z.string().parse(dead.attributes.QueueArn);
  const wanted = {
    ...wantedOfAll,
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: MAX_RECEIVES }),
  };
  const queue = await ensureQueue(client, `${name}.fifo`, wanted, mayCreate);
  return {
    url: queue.url,
    deadUrl: dead.url,
    differences: [
      ...compare(`${name}.fifo`, wanted, queue.attributes),
      ...compare(`${name}-dlq.fifo`, wantedOfAll, dead.attributes),
    ],
  };
}

type Attributes = Partial<Record<QueueAttributeName, string>>;

const wantedOfAll = {
  FifoQueue: "true",
  VisibilityTimeout: "120", // a lease without a heartbeat; receivers name their own
  MessageRetentionPeriod: "1209600", // 14 days, the most that SQS takes: an outage must not delete messages
  ReceiveMessageWaitTimeSeconds: "0", // receivers name their own
  DelaySeconds: "0",
  MaximumMessageSize: "1048576",
} satisfies Attributes;

async function ensureQueue(
  client: SQSClient,
  name: string,
  wanted: Attributes,
  mayCreate: boolean,
): Promise<{ url: string; attributes: Attributes }> {
  const existing = await findUrl(client, name);
  if (existing === undefined && !mayCreate) {
    throw new QueueFailure(`queue ${name}`, MISSING, "it does not exist");
  }
  const url = existing ?? (await create(client, name, wanted)) ?? (await findUrl(client, name));
  if (url === undefined) {
    throw new Error(`the queue ${name} can neither be found nor created`);
  }
  const { Attributes: attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }),
  );
  return { url, attributes };
}

async function findUrl(client: SQSClient, name: string): Promise<string | undefined> {
  try {
    return (await client.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl;
  } catch (error) {
    if (isMissingQueue(error)) {
      return undefined;
    }
    throw error;
  }
}

async function create(
  client: SQSClient,
  name: string,
  attributes: Attributes,
): Promise<string | undefined> {
  try {
    return (await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes })))
      .QueueUrl;
  } catch (error) {
    if (isExistingQueue(error)) {
      return undefined; // somebody else was faster
    }
    throw error;
  }
}

function* compare(name: string, wanted: Attributes, actual: Attributes): Generator<string> {
  const found = new Map(Object.entries(actual));
  for (const [attribute, value] of Object.entries(wanted)) {
    if (!isSame(attribute, value, found.get(attribute))) {
      yield `queue ${name}: ${attribute} is ${found.get(attribute) ?? "not set"}, wanted ${value}`;
    }
  }
}

function isSame(attribute: string, wanted: string, found: string | undefined): boolean {
  if (attribute === "RedrivePolicy") {
    const policy = parsePolicy(found);
    return policy !== undefined && JSON.stringify(policy) === JSON.stringify(parsePolicy(wanted));
  }
  // ElasticMQ 1.7.1 has no MessageRetentionPeriod and no MaximumMessageSize: what a broker does not report, it does not do.
  return found === undefined || found === wanted;
}

// AWS answers with the number as text or as number, depending on how the policy was written.
const policySchema = z.object({
  deadLetterTargetArn: z.string(),
  maxReceiveCount: z.coerce.number(),
});

function parsePolicy(text: string | undefined): z.infer<typeof policySchema> | undefined {
  if (text === undefined) {
    return undefined;
  }
  try {
    return policySchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // no JSON is a difference like any other
  }
}
