import type { Deps } from "../deps.ts";
import type { Image } from "../opennebula/opennebula.ts";
import { IDENTIFIER, STATE, SUPERSEDED_BY } from "./attributes.ts";
import { hasNoSuccessor } from "./lineage.ts";

/** Whether an image says that it is live, though a job has retired it: the last step of its own update wrote so in the same moment. */
export function saysLiveThoughRetired({ attributes }: Image): boolean {
  return attributes.get(STATE) === "live" && attributes.has(SUPERSEDED_BY);
}

/** Has such an image say what it is: superseded or expired. */
export async function restate(image: Image, deps: Deps, signal: AbortSignal): Promise<void> {
  const identifier = image.attributes.get(IDENTIFIER) ?? "";
  const images = await deps.opennebula.imagesOf(identifier, signal);
  const state = hasNoSuccessor(image, images) ? "expired" : "superseded";
  await deps.opennebula.append(image.id, new Map([[STATE, state]]), signal);
}
