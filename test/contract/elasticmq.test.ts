import { after, before } from "node:test";
import type { SqsSettings } from "../../functions/shared/queue/sqs-client.ts";
import { openSqsQueues } from "../../functions/shared/queue/sqs-queues.ts";
import { installElasticMq, startElasticMq, type ElasticMq } from "../../infra/elasticmq.ts";
import { queueContract } from "./queue-contract.ts";
import { sqsBehaviours } from "./sqs-behaviours.ts";

let server: ElasticMq;
before(async () => {
  await installElasticMq(); // fails when it cannot be had: this test is never skipped
  server = await startElasticMq();
});
after(() => server.stop());

const settings = (): SqsSettings => ({
  endpoint: server.endpoint,
  region: "elasticmq",
  prefix: "test-",
  credentials: { accessKeyId: "any", secretAccessKey: "any" },
});

queueContract("SQS over ElasticMQ", async () => openSqsQueues(settings()), {
  removeWithStaleReceipt: "lease-lost",
  extensionOfExpiredLease: "extended",
  astralCharacters: "kept",
});
sqsBehaviours("ElasticMQ", settings);
