import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { buildApp } from "fauxqs";
import * as z from "zod";
import { steps } from "../../functions/registry.ts";
import { openSqsQueues } from "../../functions/shared/queue/sqs-queues.ts";

const queueSchema = z.object({
  Type: z.literal("AWS::SQS::Queue"),
  Properties: z.looseObject({
    QueueName: z.object({ "Fn::Sub": z.string() }),
    RedrivePolicy: z
      .object({
        deadLetterTargetArn: z.object({ "Fn::GetAtt": z.tuple([z.string(), z.literal("Arn")]) }),
        maxReceiveCount: z.number(),
      })
      .optional(),
  }),
});
const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.union([queueSchema, z.object({ Type: z.literal("AWS::IAM::ManagedPolicy") })]),
  ),
});

describe("the CloudFormation template", () => {
  const app = buildApp({ logger: false });
  let endpoint: string;
  let client: SQSClient;
  const settings = () => ({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "x", secretAccessKey: "x" },
  });
  before(async () => {
    endpoint = await app.listen({ host: "127.0.0.1", port: 0 });
    client = new SQSClient(settings());
  });
  after(async () => {
    client.destroy();
    await app.close();
  });

  /** What CloudFormation does with the queues of the template; those that a policy names come first. */
  async function deploy(prefix: string, change: Record<string, string> = {}): Promise<void> {
    const template = templateSchema.parse(
      JSON.parse(await readFile("infra/aws/queues.json", "utf8")),
    );
    const arns = new Map<string, string>();
    const queues = Object.entries(template.Resources).flatMap(([id, resource]) =>
      resource.Type === "AWS::SQS::Queue" ? [{ id, ...resource.Properties }] : [],
    );
    for (const { id, QueueName, RedrivePolicy, ...properties } of queues) {
      const target = arns.get(RedrivePolicy?.deadLetterTargetArn["Fn::GetAtt"][0] ?? "");
      const policy = { ...RedrivePolicy, deadLetterTargetArn: target };
      const attributes = {
        ...Object.fromEntries(
          Object.entries(properties).map(([name, value]) => [name, String(value)]),
        ),
        ...(RedrivePolicy === undefined ? {} : { RedrivePolicy: JSON.stringify(policy) }),
        ...change,
      };
      const name = QueueName["Fn::Sub"].replace("${Prefix}", prefix);
      const created = await client.send(
        new CreateQueueCommand({ QueueName: name, Attributes: attributes }),
      );
      const asked = { QueueUrl: created.QueueUrl, AttributeNames: ["QueueArn" as const] };
      const { Attributes } = await client.send(new GetQueueAttributesCommand(asked));
      arns.set(id, Attributes?.QueueArn ?? "");
    }
  }

  async function differences(prefix: string): Promise<readonly string[]> {
    const queues = openSqsQueues({ ...settings(), prefix });
    for (const name of Object.keys(steps)) {
      await queues.open(name);
    }
    const found = queues.differences();
    await queues.close();
    return found;
  }

  it("makes every queue with the attributes that the program itself would give it", async () => {
    await deploy("same-");
    assert.deepEqual(await differences("same-"), []);
  });

  it("a template that differs would be told for every queue", async () => {
    await deploy("other-", { VisibilityTimeout: "30" });
    const found = await differences("other-");
    assert.equal(found.length, Object.keys(steps).length * 2);
    assert.match(found[0] ?? "", /VisibilityTimeout is 30, wanted 120/);
  });
});
