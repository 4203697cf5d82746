import { chmod, rm, writeFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { CreateQueueCommand } from "@aws-sdk/client-sqs";
import { buildApp } from "fauxqs";
import { createSqsClient } from "../../functions/shared/queue/sqs-client.ts";
import { openQueues } from "../../functions/shared/queue/open-queues.ts";
import { createInstallation } from "./installation.ts";

describe("doctor on the embedded queue", () => {
  it("tells a file that is missing, without making it", async (t) => {
    const installation = await createInstallation(t);
    const { queueFile } = installation.site.config;
    await rm(queueFile);
    for (let round = 0; round < 2; round += 1) {
      const absent = { seen: /queue\.sqlite: it does not exist/, fix: /start the functions/ };
      await installation.tells("queues", { severity: "unchecked", ...absent });
    }
    const unasked = { seen: /the queues cannot be asked/, fix: /see the check queues/ };
    await installation.tells("dead-letters", { severity: "unchecked", ...unasked });
  });

  it("tells a file that is damaged", async (t) => {
    const installation = await createInstallation(t);
    const { queueFile } = installation.site.config;
    await rm(queueFile);
    await writeFile(queueFile, "no database".repeat(1000));
    await chmod(queueFile, 0o660);
    const expected = { seen: /is not a SQLite database/, fix: /on a local file system/ };
    await installation.tells("queues", { severity: "error", ...expected });
  });

  it("tells dead letters", async (t) => {
    const installation = await createInstallation(t);
    const queues = openQueues(installation.site.config);
    const queue = await queues.open("convert-image");
    await queue.send({ body: "{}", group: "U", deduplicationId: "1" });
    const delivery = await queue.receive({ waitSeconds: 1, leaseSeconds: 60 });
    if (delivery !== undefined) {
      const reason = { code: "x", text: "x", step: "convert-image", time: "x", attempts: 1 };
      await queue.deadLetter(delivery, reason);
    }
    await queues.close();
    await installation.tells("dead-letters", {
      severity: "warning",
      seen: /^convert-image has given up 1 message$/,
      fix: /vmcatcher-one dead-letters.*vmcatcher-one replay/,
    });
  });
});

describe("doctor on SQS queues", () => {
  // Not startFauxqs, which always listens on 0.0.0.0.
  const app = buildApp({ logger: false });
  const keys = { AWS_ACCESS_KEY_ID: "any", AWS_SECRET_ACCESS_KEY: "any" };
  const saved = Object.keys(keys).map((name) => [name, process.env[name]] as const);
  let endpoint: string;
  before(async () => {
    endpoint = await app.listen({ host: "127.0.0.1", port: 0 });
    Object.assign(process.env, keys); // the SDK looks for them there
  });
  after(async () => {
    for (const [name, value] of saved) {
      if (value === undefined) {
        delete process.env[name];
      } else {
        process.env[name] = value;
      }
    }
    await app.close();
  });

  const settings = (prefix: string) => ({
    VMCATCHER_ONE_QUEUE: "sqs",
    VMCATCHER_ONE_QUEUE_PREFIX: prefix,
    AWS_ENDPOINT_URL_SQS: endpoint,
    AWS_REGION: "us-east-1",
  });

  it("tells queues that are missing, without making them", async (t) => {
    const installation = await createInstallation(t);
    for (let round = 0; round < 2; round += 1) {
      const absent = {
        seen: /queue none-\S+\.fifo: it does not exist/,
        fix: /start the functions/,
      };
      const question = { env: settings("none-") };
      await installation.tells("queues", { severity: "unchecked", ...absent }, question);
    }
  });

  it("is content with queues that the functions have made", async (t) => {
    const env = settings("good-");
    const installation = await createInstallation(t, { env });
    await installation.tells(
      "queues",
      { severity: "ok", seen: /all answer .*convert-image 0\+0/ },
      { env },
    );
  });

  it("tells attributes that were set otherwise", async (t) => {
    const env = settings("other-");
    const client = createSqsClient({ endpoint, region: "us-east-1", prefix: "" });
    const Attributes = { FifoQueue: "true", MessageRetentionPeriod: "3600" } as const;
    const QueueName = "other-convert-image-dlq.fifo";
    await client.send(new CreateQueueCommand({ QueueName, Attributes }));
    client.destroy();
    const installation = await createInstallation(t, { env });
    const seen = /other-convert-image-dlq\.fifo: MessageRetentionPeriod is 3600, wanted 1209600/;
    const fix = /set it in the queue server/;
    await installation.tells("queues", { severity: "warning", seen, fix }, { env });
  });

  it("tells a server that does not answer", async (t) => {
    const installation = await createInstallation(t);
    const env = { ...settings("x-"), AWS_ENDPOINT_URL_SQS: "http://127.0.0.1:1" };
    const expected = { seen: /ECONNREFUSED/, fix: /AWS_ENDPOINT_URL_SQS/ };
    await installation.tells("queues", { severity: "error", ...expected }, { env });
  });
});
