import { SQSClient, type SQSClientConfig } from "@aws-sdk/client-sqs";

/** Where the SQS queues are. */
export interface SqsSettings {
  /** Of ElasticMQ or another server that speaks SQS; absent for AWS, where the SDK's own settings name the region. */
  readonly endpoint: string | undefined;
  readonly region: string;
  /** Before every queue's name. */
  readonly prefix: string;
  /** Only for tests; otherwise the SDK's default chain, which ElasticMQ needs too, with any value. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The SDK's client with its traps closed. */
export function createSqsClient({ endpoint, region, credentials }: SqsSettings): SQSClient {
  const config: SQSClientConfig = {
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      // Without throwOnRequestTimeout the SDK only prints a warning and waits for a silent server for ever (measured, 3.1169).
      requestTimeout: ANSWER_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      socketTimeout: ANSWER_TIMEOUT_MS,
      httpAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
    },
  };
  if (endpoint !== undefined) {
    // Explicit: with AWS_ENDPOINT_URL_SQS alone the host in a QueueUrl wins, and ElasticMQ in a container says "localhost".
    config.endpoint = endpoint;
    config.region = region;
  }
  if (credentials !== undefined) {
    config.credentials = credentials;
  }
  return new SQSClient(config);
}

/**
 * Lets a call that is under way end with the client. Destroying it closes the connection, which the SDK takes for an accident
 * and tries again: a process that had given up on a silent server was held for another minute (measured, 3.1169).
 */
export function endAttempts(client: SQSClient, isClosed: () => boolean): void {
  client.middlewareStack.add(
    (next) => (args) => {
      if (isClosed()) {
        throw new Error("the queues are closed");
      }
      return next(args);
    },
    { step: "finalizeRequest", priority: "low", name: "endAttempts" }, // inside of what tries again
  );
}

const CONNECTION_TIMEOUT_MS = 5000;
const ANSWER_TIMEOUT_MS = 30_000; // more than the longest poll (20 s)
const MAX_SOCKETS = 256; // each slot's poll holds one; with the SDK's 50 a heartbeat could wait behind polls
