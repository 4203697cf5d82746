import type { Deps } from "../step/deps.ts";
import type { Image } from "../opennebula/opennebula.ts";
import { EVENT_TIME, JOB, STATE, SUPERSEDED_BY } from "./attributes.ts";
import { IDENTIFIER } from "../../job/identifier.ts";
import { hasNoSuccessor } from "./lineage.ts";

/**
 * Has an image that a job has retired say so. In the same moment the last step of its own update can have written that it is live,
 * and an overtaken job that it is not retired after all. Then nothing tells any more who has retired it: the job of the image that took
 * its place or, as for an expiry that its own job carries out, its own.
 * @returns whether it said otherwise
 */
export async function sayRetired(image: Image, deps: Deps, signal: AbortSignal): Promise<boolean> {
  const { id, attributes } = image;
  const known = attributes.get(SUPERSEDED_BY);
  if (known !== undefined && attributes.get(STATE) !== "live") {
    return false;
  }
  const images = await deps.opennebula.imagesOf(attributes.get(IDENTIFIER) ?? "", signal);
  const by = known ?? (successorByTime(image, images) ?? image).attributes.get(JOB) ?? "";
  const marked = { ...image, attributes: new Map([...attributes, [SUPERSEDED_BY, by]]) };
  const said = new Map([[STATE, hasNoSuccessor(marked, images) ? "expired" : "superseded"]]);
  if (known === undefined) {
    said.set(SUPERSEDED_BY, by); // a mark that is there may be taken off in this moment
  }
  await deps.opennebula.append(id, said, signal);
  return true;
}

/** The image that an update has made, as the time tells that the update has left on the old one. */
function successorByTime({ id, attributes }: Image, images: readonly Image[]): Image | undefined {
  const time = attributes.get(EVENT_TIME);
  return images.find((other) => other.id !== id && other.attributes.get(EVENT_TIME) === time);
}
