import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../settings/config.ts";
import { unlessMissing } from "../files/unless-missing.ts";

type Settings = Pick<
  Config,
  "spoolDirectory" | "queue" | "queueFile" | "queuePrefix" | "sqsEndpoint" | "region"
>;

/** Notes beside the spool which queue its events go to: `enqueue-event` knows it, and everybody can compare. */
export async function recordQueue(config: Settings): Promise<void> {
  const address = queueAddress(config);
  if ((await readRecord(config)) === address) {
    return;
  }
  const path = recordPath(config);
  await mkdir(config.spoolDirectory, { recursive: true, mode: DIRECTORY_MODE });
  await writeFile(`${path}.new`, address);
  await rename(`${path}.new`, path);
}

/**
 * Makes sure that the settings name the queue which the events go to. A command that is run by hand may lack the settings of
 * the functions, and would find an empty queue.
 * @throws Error when it is another one. Where nothing was noted, nothing is said.
 */
export async function checkQueue(config: Settings): Promise<void> {
  const recorded = await readRecord(config);
  const address = queueAddress(config);
  if (recorded !== undefined && recorded !== address) {
    throw new Error(
      `the events of ${config.spoolDirectory} go to the queue ${recorded}, but the settings name ${address}: ` +
        "set VMCATCHER_ONE_QUEUE and what belongs to it as for enqueue-event",
    );
  }
}

const DIRECTORY_MODE = 0o750; // as the hook makes it

function recordPath({ spoolDirectory }: Settings): string {
  return join(spoolDirectory, "queue");
}

function queueAddress(config: Settings): string {
  return config.queue === "sqlite"
    ? `sqlite ${config.queueFile}`
    : `sqs ${config.sqsEndpoint ?? "AWS"} ${config.region} ${config.queuePrefix}`;
}

async function readRecord(config: Settings): Promise<string | undefined> {
  return unlessMissing(readFile(recordPath(config), "utf8"));
}
