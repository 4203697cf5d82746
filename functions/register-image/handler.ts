import type { Settled } from "../job/outcome.ts";
import type { Deps } from "../shared/step/deps.ts";
import { handleAvailable } from "./available.ts";
import { handleExpired } from "./expired.ts";
import type { Message } from "./message.ts";

/** Steps B, C and D: makes the new image and lets it take the old one's place; or retires the live image of an expired identifier. */
export async function handle(message: Message, deps: Deps, signal: AbortSignal): Promise<Settled> {
  const { job } = message;
  const outcome =
    job.event === "expired"
      ? await handleExpired(job, deps, signal)
      : await handleAvailable({ ...message, job }, deps, signal);
  deps.log.info(outcome, `image ${outcome.kind}`);
  return { job, outcome };
}
