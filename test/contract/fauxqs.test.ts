import { after, before } from "node:test";
import { buildApp } from "fauxqs";
import type { SqsSettings } from "../../functions/shared/queue/sqs-client.ts";
import { openSqsQueues } from "../../functions/shared/queue/sqs-queues.ts";
import { queueContract } from "./queue-contract.ts";
import { sqsBehaviours } from "./sqs-behaviours.ts";

// Not startFauxqs, which always listens on 0.0.0.0. Everything is in memory, so there is nothing to test about restarts.
const app = buildApp({ logger: false });
let endpoint: string;
before(async () => {
  endpoint = await app.listen({ host: "127.0.0.1", port: 0 });
});
after(() => app.close());

const settings = (): SqsSettings => ({
  endpoint,
  region: "us-east-1",
  prefix: "test-",
  credentials: { accessKeyId: "any", secretAccessKey: "any" },
});

queueContract("SQS over fauxqs", async () => openSqsQueues(settings()), {
  removeWithStaleReceipt: "ignored",
  extensionOfExpiredLease: "extended",
  astralCharacters: "refused",
});
sqsBehaviours("fauxqs", settings);
