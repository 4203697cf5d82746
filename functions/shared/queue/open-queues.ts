import type { Clock } from "../time/clock.ts";
import type { Config } from "../settings/config.ts";
import type { Queues } from "./queue.ts";

/**
 * The queues that the settings ask for. The implementation is loaded and connected at the first use, so a process
 * that uses the file never pays for the SDK (over 100 ms), and nothing fails before it is needed.
 */
export function openQueues(config: Config, options: OpenOptions = {}): Queues & AsyncDisposable {
  let loading: Promise<Queues> | undefined;
  let loaded: Queues | undefined;

  async function load(): Promise<Queues> {
    try {
      loaded = await implementations[config.queue](config, options);
      return loaded;
    } catch (error) {
      loading = undefined; // the next `open` tries again: the disk may have space by then
      throw error;
    }
  }

  const ready = () => (loading ??= load());
  const close = async () => {
    await loading?.catch(() => undefined); // its failure was reported by `open`
    await loaded?.close();
  };
  return {
    open: async (name) => (await ready()).open(name),
    differences: () => loaded?.differences() ?? [],
    bodies: async () => (await ready()).bodies?.(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** How queues are opened. */
interface OpenOptions {
  readonly clock?: Clock;
  /** False for who only looks: `open` throws QueueFailure `missing` instead of creating what is not there. */
  readonly create?: boolean;
}

const implementations = {
  sqlite: async (config, options) => {
    const { openSqliteQueues } = await import("./sqlite-queues.ts");
    return openSqliteQueues(config.queueFile, options);
  },
  sqs: async (config, { create }) => {
    const { openSqsQueues } = await import("./sqs-queues.ts");
    return openSqsQueues({
      endpoint: config.sqsEndpoint,
      region: config.region,
      prefix: config.queuePrefix,
      create,
    });
  },
} satisfies Record<Config["queue"], (config: Config, options: OpenOptions) => Promise<Queues>>;
