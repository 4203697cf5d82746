import { GiveUp } from "../shared/step/errors.ts";
import type { Queues } from "../shared/queue/queue.ts";
import { findMessage, type FoundMessage } from "./find-message.ts";
import { rehearse, type Rehearsal, type RehearsalOptions } from "./rehearse.ts";

/** What would become of a message, and which one it is. */
export interface Explanation extends Rehearsal {
  readonly found: string;
  /** The function that takes it first; absent when it does not get so far. */
  readonly step?: string;
}

/** Finds the message and rehearses it. @throws Error when it cannot be found, RpcTransportError when OpenNebula cannot be asked */
export async function explainMessage(
  wanted: string,
  options: RehearsalOptions & { readonly queues: Queues },
  signal: AbortSignal,
): Promise<Explanation> {
  let found: FoundMessage;
  try {
    found = await findMessage(wanted, options, signal);
  } catch (error) {
    if (!(error instanceof GiveUp)) {
      throw error;
    }
    const { code, message: text } = error; // as enqueue-event would find it
    const end = { outcome: "set-aside", code, text };
    return { found: `event file ${wanted}`, verdicts: [], calls: [], end };
  }
  const { step, message } = found;
  return { found: found.found, step, ...(await rehearse(step, message, options, signal)) };
}
