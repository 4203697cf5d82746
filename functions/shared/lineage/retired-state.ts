import type { Deps } from "../deps.ts";
import type { Image } from "../opennebula/opennebula.ts";
import { IDENTIFIER, JOB, STATE, SUPERSEDED_BY } from "./attributes.ts";

/** Whether an image says that it is live, though a job has retired it: the last step of its own update wrote so in the same moment. */
export function saysLiveThoughRetired({ attributes }: Image): boolean {
  return attributes.get(STATE) === "live" && attributes.has(SUPERSEDED_BY);
}

/** Has such an image say what it is: superseded by the job that made another image, or expired by one that made none. */
export async function restate(image: Image, deps: Deps, signal: AbortSignal): Promise<void> {
  const by = image.attributes.get(SUPERSEDED_BY);
  const identifier = image.attributes.get(IDENTIFIER) ?? "";
  const images = await deps.opennebula.imagesOf(identifier, signal);
  const state = images.some(({ attributes }) => attributes.get(JOB) === by)
    ? "superseded"
    : "expired";
  await deps.opennebula.append(image.id, new Map([[STATE, state]]), signal);
}
