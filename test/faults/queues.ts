import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteQueues } from "../../functions/shared/queue/sqlite-queues.ts";
import { openSqsQueues } from "../../functions/shared/queue/sqs-queues.ts";
import type { Queues } from "../../functions/shared/queue/queue.ts";
import type { Config } from "../../functions/shared/settings/config.ts";
import { sqsEnvironment, startElasticMq, type ElasticMqOptions } from "../../infra/elasticmq.ts";

/** A queue server that survives its death, or the file that needs none. */
export interface QueueUnderTest {
  /** The settings of a process that uses it. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends the server as a power failure would and starts it again; absent where there is no server. */
  readonly kill?: () => Promise<void>;
  /** Looks at it from outside. */
  open(config: Pick<Config, "queueFile" | "queuePrefix">): Queues;
  close(): Promise<void>;
}

/** The embedded queue. */
export const embeddedQueue: QueueUnderTest = {
  env: {},
  open: ({ queueFile }) => openSqliteQueues(queueFile),
  close: async () => undefined,
};

/** ElasticMQ with its messages on disk; it comes back at the same address. */
export async function startElasticMqUnderTest(
  options: Omit<ElasticMqOptions, "port"> = {},
): Promise<QueueUnderTest & { readonly kill: () => Promise<void> }> {
  const own = options.dataDirectory === undefined;
  const dataDirectory = options.dataDirectory ?? (await mkdtemp(join(tmpdir(), "elasticmq-")));
  let server = await startElasticMq({ ...options, dataDirectory });
  const { endpoint } = server;
  const port = Number(new URL(endpoint).port);
  return {
    env: sqsEnvironment(endpoint),
    kill: async () => {
      await server.kill();
      server = await startElasticMq({ ...options, dataDirectory, port });
    },
    open: ({ queuePrefix }) =>
      openSqsQueues({
        endpoint,
        region: "elasticmq",
        prefix: queuePrefix,
        credentials: { accessKeyId: "any", secretAccessKey: "any" },
      }),
    close: async () => {
      await server.kill();
      if (own) {
        await rm(dataDirectory, { recursive: true });
      }
    },
  };
}
