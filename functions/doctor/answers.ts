import type { Config } from "../shared/settings/config.ts";
import { errorText } from "../shared/log/error-text.ts";
import { IDENTIFIER } from "../job/identifier.ts";
import type { Account, Datastore, Image, OpenNebula } from "../shared/opennebula/opennebula.ts";
import { openQueues } from "../shared/queue/open-queues.ts";
import type { QueueDepth } from "../shared/queue/queue.ts";
import { within } from "../shared/time/within.ts";
import { once } from "./once.ts";
import { Unavailable } from "./unavailable.ts";

/** What OpenNebula and the queues say. Each is asked once, whoever wants to know. Where nothing else is said, they throw Unavailable. */
export interface Answers {
  /** As `one.system.version` says it. Throws what the port throws: the check of the connection tells it in full. */
  version(): Promise<string>;
  account(): Promise<Account>;
  datastores(): Promise<readonly Datastore[]>;
  /** Those that say which identifier they belong to. */
  images(): Promise<readonly Image[]>;
  /** Nothing is created. Throws what the queue throws, as `version`. */
  queues(): Promise<QueueAnswers>;
  close(): Promise<void>;
}

/** What the queues say. */
interface QueueAnswers {
  readonly depths: readonly (QueueDepth & { readonly name: string })[];
  /** As `Queues.differences`. */
  readonly differences: readonly string[];
}

/** Nothing is asked before it is wanted. */
export function createAnswers(
  config: Config,
  opennebula: OpenNebula,
  queueNames: readonly string[],
): Answers {
  const queues = openQueues(config, { create: false });
  const version = once(() => opennebula.version(AbortSignal.timeout(VERSION_LIMIT_MS)));
  const ask = <Answer>(what: string, question: (signal: AbortSignal) => Promise<Answer>) =>
    once(async () => {
      await version().catch((error: unknown) => {
        throw new Unavailable("OpenNebula cannot be asked", SEE_OPENNEBULA, { cause: error });
      });
      try {
        return await question(AbortSignal.timeout(ANSWER_LIMIT_MS));
      } catch (error) {
        const why = `OpenNebula does not tell its ${what}: ${errorText(error)}`;
        throw new Unavailable(why, "look into /var/log/one/oned.log", { cause: error });
      }
    });
  return {
    version,
    account: ask("account", (signal) => opennebula.account(signal)),
    datastores: ask("datastores", (signal) => opennebula.datastores(signal)),
    images: ask("images", async (signal) => {
      const images = await opennebula.images(signal);
      return images.filter((image) => image.attributes.has(IDENTIFIER) && image.state !== "DELETE");
    }),
    queues: once(async () => {
      const depths = queueNames.map(async (name) => ({
        name,
        ...(await (await queues.open(name)).depth()),
      }));
      return {
        depths: await within(QUEUES_LIMIT_MS, Promise.all(depths), () => {
          throw new Error(`the queues did not answer within ${QUEUES_LIMIT_MS / 1000} s`);
        }),
        differences: queues.differences(),
      };
    }),
    close: () => queues.close(),
  };
}

// All are less than a check may take, so that it is told what did not answer.
const VERSION_LIMIT_MS = 5000; // milliseconds in truth; nothing else is asked before
const ANSWER_LIMIT_MS = 9000; // a pool of thousands of images takes seconds

/** The SDK tries a server that is silent again and again. */
const QUEUES_LIMIT_MS = 8000;

/** Where it is told why OpenNebula cannot be asked. */
export const SEE_OPENNEBULA = "see the checks one-auth and opennebula";
