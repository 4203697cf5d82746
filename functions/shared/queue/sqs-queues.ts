import type { Queue, Queues } from "./queue.ts";
import { ensureSqsPair } from "./sqs-attributes.ts";
import { createSqsClient, endAttempts, type SqsSettings } from "./sqs-client.ts";
import { QueueFailure } from "./queue-failure.ts";
import { sqsFailure } from "./sqs-error.ts";
import { SqsQueue } from "./sqs-queue.ts";

/** Queues on SQS, or on a server that speaks it; nothing is asked before the first `open`. */
export function openSqsQueues(
  settings: SqsSettings & {
    /** False to throw instead of creating a queue that is missing. */
    readonly create?: boolean | undefined;
  },
): Queues {
  const client = createSqsClient(settings);
  let closed = false;
  endAttempts(client, () => closed);
  const opened = new Map<string, Promise<Queue>>();
  const differences: string[] = [];

  async function open(name: string): Promise<Queue> {
    try {
      const pair = await ensureSqsPair(client, `${settings.prefix}${name}`, settings.create);
      differences.push(...pair.differences);
      return new SqsQueue(name, client, pair);
    } catch (error) {
      opened.delete(name); // the next call tries again
      throw error instanceof QueueFailure ? error : sqsFailure(`queue ${name}: open`, error);
    }
  }

  return {
    open: async (name) => {
      const known = opened.get(name) ?? open(name);
      opened.set(name, known);
      return known;
    },
    differences: () => differences,
    close: async () => {
      closed = true;
      client.destroy();
    },
  };
}
