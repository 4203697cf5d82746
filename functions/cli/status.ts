import { Command } from "commander";
import { steps } from "../registry.ts";
import { readConfig, type Config } from "../shared/config.ts";
import { errorText } from "../shared/errors.ts";
import { IDENTIFIER } from "../shared/lineage/attributes.ts";
import { createOpenNebula } from "../shared/opennebula/client.ts";
import type { Image, OpenNebula } from "../shared/opennebula/opennebula.ts";
import { openQueues } from "../shared/queue/open-queues.ts";
import type { DeadLetter, QueueDepth, Queues } from "../shared/queue/queue.ts";
import { readProgress, type Progress } from "../shared/staging.ts";
import { listSpool, type SpoolListing } from "../shared/spool/listing.ts";
import { EXIT_FAILED } from "./exit-codes.ts";
import { statusText } from "./status-text.ts";

/** What `status` tells. A part that could not be asked is an error text: the rest is told all the same. */
export interface Status {
  readonly spool: SpoolListing | { readonly error: string };
  readonly queues: readonly QueueStatus[] | { readonly error: string };
  readonly conversions: readonly Progress[];
  /** Images of vmcatcher in OpenNebula, grouped by identifier, each group newest first. */
  readonly identifiers: ReadonlyMap<string, readonly Image[]> | { readonly error: string };
}

/** One queue with its dead letters. */
interface QueueStatus extends QueueDepth {
  readonly name: string;
  readonly deadLetters: readonly DeadLetter[];
}

/** `status`: queues, work in flight, dead letters and the images of each identifier. */
export function statusCommand(): Command {
  return new Command("status")
    .description("show queues, work in flight, dead letters and the images of each identifier")
    .option("--json", "machine-readable output")
    .action(async (options: { json?: boolean }) => {
      const config = readConfig(process.env);
      const queues = openQueues(config);
      try {
        const status = await collectStatus(
          config,
          queues,
          createOpenNebula({ endpoint: config.oneXmlrpc, authFile: config.oneAuthFile }),
        );
        process.stdout.write(
          options.json === true ? `${JSON.stringify(status, plain, 2)}\n` : statusText(status),
        );
        if ("error" in status.queues || "error" in status.identifiers || "error" in status.spool) {
          process.exitCode = EXIT_FAILED;
        }
      } finally {
        await queues.close();
      }
    });
}

/** Asks everything at once; nothing is changed. */
async function collectStatus(
  config: Config,
  queues: Queues,
  opennebula: OpenNebula,
): Promise<Status> {
  const [spool, queueStatus, conversions, identifiers] = await Promise.all([
    orError(listSpool(config.spoolDirectory)),
    orError(Promise.all(Object.keys(steps).map((name) => queueStatusOf(name, queues)))),
    readProgress(config.stagingDirectory),
    orError(imagesByIdentifier(opennebula)),
  ]);
  return { spool, queues: queueStatus, conversions, identifiers };
}

const DEAD_LETTERS_SHOWN = 20;
const STATUS_TIMEOUT_MS = 10_000; // an administrator is waiting

async function queueStatusOf(name: string, queues: Queues): Promise<QueueStatus> {
  const queue = await queues.open(name);
  const depth = await queue.depth();
  return {
    name,
    ...depth,
    deadLetters: depth.dead === 0 ? [] : await queue.deadLetters(DEAD_LETTERS_SHOWN),
  };
}

async function imagesByIdentifier(
  opennebula: OpenNebula,
): Promise<ReadonlyMap<string, readonly Image[]>> {
  const images = await opennebula.images(AbortSignal.timeout(STATUS_TIMEOUT_MS));
  const ours = images.filter((image) => image.attributes.has(IDENTIFIER));
  return Map.groupBy(ours, (image) => image.attributes.get(IDENTIFIER) ?? "");
}

async function orError<T>(answer: Promise<T>): Promise<T | { readonly error: string }> {
  try {
    return await answer;
  } catch (error) {
    return { error: errorText(error) };
  }
}

/** JSON has no maps. */
function plain(_key: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value;
}
