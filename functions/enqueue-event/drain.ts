import type { Clock } from "../shared/time/clock.ts";
import { GiveUp } from "../shared/step/errors.ts";
import { QUEUE_CALL_SECONDS, type GiveSign } from "../shared/worker/sign-of-life.ts";
import { printable } from "../shared/log/printable.ts";
import { BAD_EVENT_ADVICE } from "../shared/spool/bad-event-advice.ts";
import { parseEntry } from "../shared/spool/entry.ts";
import { type EnqueueDeps, handle } from "./handler.ts";
import type { Leftovers } from "./leftovers.ts";
import type { Spool } from "../shared/spool/spool.ts";

/** What draining takes. */
export interface DrainDeps extends EnqueueDeps {
  readonly clock: Clock;
  /** Kept from one drain to the next. */
  readonly leftovers: Leftovers;
  /** Given before each event. */
  readonly sign?: GiveSign;
}

/**
 * Puts every entry of the spool into the first queue, oldest first, and removes it when the queue has it.
 *
 * An entry that can never be a job is set aside in `bad/` with the reason. Whatever else fails ends the drain, since a later
 * event must not overtake; the entry stays for the next time. After a crash between sending and removing the same job is
 * sent again with the same id, and so it is when several processes drain one spool.
 * @throws SpoolFailure, what the queue throws, or the signal's reason
 */
export async function drainSpool(
  spool: Spool,
  deps: DrainDeps,
  signal: AbortSignal,
): Promise<void> {
  for (const name of await spool.names()) {
    signal.throwIfAborted();
    deps.sign?.("draining", QUEUE_CALL_SECONDS);
    await drainEntry(name, spool, deps, signal);
  }
  const looksOld = await spool.unready(new Date(deps.clock.now().getTime() - LEFTOVER_MS));
  const leftovers = deps.leftovers.confirmed(looksOld);
  for (const name of leftovers) {
    await spool.removeUnready(name);
  }
  if (leftovers.length > 0) {
    deps.log.error(
      { leftovers },
      "hooks were killed before they had recorded their events; what they left is removed",
    );
  }
}

const LEFTOVER_MS = 3_600_000;

async function drainEntry(
  name: string,
  spool: Spool,
  deps: DrainDeps,
  signal: AbortSignal,
): Promise<void> {
  try {
    const bytes = await spool.read(name);
    if (bytes === undefined) {
      return;
    }
    await handle(parseEntry(bytes), deps, signal);
  } catch (error) {
    if (!(error instanceof GiveUp)) {
      throw error;
    }
    const path = await spool.setAside(name, reasonText(name, error));
    deps.log.error(
      { entry: path, code: error.code, reason: error.message },
      "an event cannot be used, it is set aside",
    );
    return;
  }
  await spool.remove(name);
}

function reasonText(name: string, { code, message }: GiveUp): string {
  return `what: ${printable(message)}
where: the file ${name} beside this one (${code}); look at it with: tr '\\0' '\\n' <${name}
what to do: ${BAD_EVENT_ADVICE}; then remove both files
`;
}
