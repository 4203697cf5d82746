import { stat } from "node:fs/promises";
import { join } from "node:path";
import { withHints } from "../shared/spool/hints.ts";
import { jobOf } from "../shared/spool/job-of.ts";
import type { Chain } from "./chain.ts";
import { systemClock } from "../shared/time/clock.ts";
import type { Config } from "../shared/settings/config.ts";
import { GiveUp } from "../shared/step/errors.ts";
import type { Queues } from "../shared/queue/queue.ts";
import { readRegularFile } from "../shared/files/regular-file.ts";
import { readEnvelope } from "../shared/worker/envelope.ts";
import { everyDeadLetter } from "../shared/queue/every-dead-letter.ts";
import type { RehearsalOptions } from "./rehearse.ts";
import { readEvent } from "./read-event.ts";

/** A message, where it was found, and the function that it is for. */
export interface FoundMessage {
  readonly found: string;
  readonly step: string;
  readonly message: unknown;
}

/**
 * Finds what an operator means: a file, the name of an entry in the spool, the id of a dead letter or of a waiting message, or the id of
 * a job; ids also by how they begin.
 * @throws Error when there is no such thing, or more than one
 * @throws GiveUp when a file holds no event that can be a job
 */
export async function findMessage(
  wanted: string,
  {
    chain,
    config,
    endorsement,
    queues,
  }: Pick<RehearsalOptions, "chain" | "config" | "endorsement"> & { readonly queues: Queues },
  signal: AbortSignal,
): Promise<FoundMessage> {
  const path = await eventFile(wanted, config);
  if (path !== undefined) {
    const event = readEvent(await readRegularFile(path, MAX_BYTES, signal), new Date());
    const job = await withHints(jobOf(event), endorsement, signal);
    return { found: `event file ${path}`, step: chain.firstStep, message: { job } };
  }
  const matches = await messagesOf(wanted, chain, queues);
  const [match] = matches;
  if (match === undefined) {
    throw new Error(
      `${wanted} is no file, and no dead letter, waiting message or job that can be found; an event that was dealt with is not kept`,
    );
  }
  if (matches.length > 1) {
    throw new Error(
      `${wanted} may be ${matches.map(({ found }) => found).join(", or ")}: give more of the id`,
    );
  }
  return match;
}

const MAX_BYTES = 8 * 2 ** 20; // as the spool takes them
const SHORTEST_BEGIN = 4;
const LOOKED_AT = 10_000;

async function eventFile(wanted: string, config: Config): Promise<string | undefined> {
  const places = [
    wanted,
    ...(wanted.includes("/")
      ? []
      : ["new", "bad"].map((name) => join(config.spoolDirectory, name, wanted))),
  ];
  for (const path of places) {
    const isFile = await stat(path).then(
      (found) => found.isFile(),
      () => false,
    );
    if (isFile) {
      return path;
    }
  }
  return undefined;
}

async function messagesOf(
  wanted: string,
  { steps }: Chain,
  queues: Queues,
): Promise<readonly FoundMessage[]> {
  const names = Object.keys(steps);
  const letters = await everyDeadLetter(queues, names, systemClock);
  const found = letters.map(({ queue, letter }) => ({
    found: `dead letter ${letter.messageId} of ${queue.name}`,
    name: queue.name,
    ...letter,
  }));
  const waiting = names.map(async (name) => {
    const messages = (await (await queues.open(name)).messages?.(LOOKED_AT)) ?? [];
    return messages.map((message) => ({
      found: `message ${message.messageId} of ${name}`,
      name,
      ...message,
    }));
  });
  return [...found, ...(await Promise.all(waiting)).flat()].flatMap((candidate) => {
    const envelope = readEnvelope(candidate.body);
    if (envelope instanceof GiveUp) {
      return [];
    }
    const isIt =
      candidate.messageId === wanted ||
      (wanted.length >= SHORTEST_BEGIN && envelope.job?.id.startsWith(wanted) === true);
    return isIt
      ? [{ found: candidate.found, step: candidate.name, message: envelope.message }]
      : [];
  });
}
