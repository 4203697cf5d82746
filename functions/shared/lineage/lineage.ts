import type { Digest } from "../../job/digest.ts";
import type { Job } from "../../job/job.ts";
import { GiveUp } from "../step/errors.ts";
import type { Image } from "../opennebula/opennebula.ts";
import {
  contentDigest,
  CONFIRMED,
  EVENT_TIME,
  JOB,
  STATE,
  SUPERSEDED_BY,
  pendingName,
} from "./attributes.ts";
import { IDENTIFIER } from "../../job/identifier.ts";

/**
 * All images that OpenNebula holds for one identifier.
 *
 * The live one is found by NAME. Every image that was superseded or expired has another NAME, whoever wrote it, so the order
 * of the pool and the attributes of old versions do not matter. Only when no image has the NAME does the state attribute
 * count: somebody renamed the live image by hand, and its successor takes its place all the same.
 */
export interface Lineage {
  readonly identifier: string;
  readonly images: readonly Image[];
  readonly live: Image | undefined;
}

/** @throws GiveUp `ambiguous-live-image` when two images have the NAME: which one's rights count is for a person to say */
export function lineageOf(identifier: string, pool: readonly Image[]): Lineage {
  const images = pool.filter(
    (image) => image.attributes.get(IDENTIFIER) === identifier && image.state !== "DELETE",
  );
  const named = images.filter((image) => image.name === identifier);
  if (named.length > 1) {
    const list = named.map((image) => `${image.id} of ${image.uname}`).join(", ");
    throw new GiveUp(
      "ambiguous-live-image",
      `several images are named ${identifier} and say that they belong to it: ${list}; rename or delete all but one, then replay`,
    );
  }
  const live = named[0] ?? newest(images.filter(isMarkedLive));
  return { identifier, images, live };
}

/** Whether an event that is newer than the job's has left its mark on any image of the identifier. */
export function isOutdated(job: Job, lineage: Lineage): boolean {
  return lineage.images.some((image) => eventTime(image) > job.eventTime);
}

/** Whether the image already holds this content in a state in which it can be used, now or when it is enabled. */
export function holds(image: Image, digest: Digest): boolean {
  return contentDigest(image) === digest && isComplete(image);
}

/** Whether OpenNebula has the whole content of the image. */
export function isComplete(image: Image): boolean {
  return COMPLETE_STATES.has(image.state);
}

/** Another image that was made of the same disk in the datastore: whichever of them is deleted first takes it along. */
export function sharingItsDisk(image: Image, images: readonly Image[]): Image | undefined {
  return images.find(
    ({ id, source }) => id !== image.id && source !== "" && source === image.source,
  );
}

/** Whether the image is a new version that has not the NAME yet. */
export function isWaiting({ name, attributes }: Image): boolean {
  return attributes.get(STATE) === "pending" && name !== attributes.get(IDENTIFIER);
}

/** Whether the image still has the name that its job has given it, until it takes the NAME: a clone that somebody has made has not. */
export function hasTemporaryName({ name, attributes }: Image): boolean {
  const [identifier = "", id = ""] = [attributes.get(IDENTIFIER), attributes.get(JOB)];
  return name === pendingName({ identifier, id });
}

/** The images that the job has superseded or expired so far. */
export function retiredBy(job: Job, lineage: Lineage): readonly Image[] {
  return lineage.images.filter((image) => image.attributes.get(SUPERSEDED_BY) === job.id);
}

/**
 * Whether the image was marked as superseded or expired. Who retired it counts more than the state attribute: the last step of the
 * image's own update may write `live` in the same moment.
 */
export function isRetired(image: Image): boolean {
  const state = image.attributes.get(STATE);
  return state === "superseded" || state === "expired" || image.attributes.has(SUPERSEDED_BY);
}

/** The image that an update has renamed before it was interrupted: its successor still waits. */
export function halfReplaced({ images }: Lineage): Image | undefined {
  const waiting = new Set(
    images
      .filter((image) => image.attributes.get(STATE) === "pending")
      .map((image) => image.attributes.get(JOB)),
  );
  return newest(
    images.filter((image) => isRetired(image) && waiting.has(image.attributes.get(SUPERSEDED_BY))),
  );
}

/** The image that expired last; as for `isRetired`, `live` may have been written on it in the same moment. */
export function latestExpired({ images }: Lineage): Image | undefined {
  return newest(
    images.filter((image) => {
      const state = image.attributes.get(STATE);
      return state === "expired" || (state === "live" && hasNoSuccessor(image, images));
    }),
  );
}

/** Whether an image was retired by a job that has made no other: an expiry, or its own job in the name of one. */
export function hasNoSuccessor(image: Image, images: readonly Image[]): boolean {
  return image.attributes.has(SUPERSEDED_BY) && successorOf(image, images) === undefined;
}

/** The image that was made by the job that has retired this one. */
export function successorOf(image: Image, images: readonly Image[]): Image | undefined {
  const by = image.attributes.get(SUPERSEDED_BY);
  const isSuccessor = ({ id, attributes }: Image) => id !== image.id && attributes.get(JOB) === by;
  return by === undefined ? undefined : images.find(isSuccessor);
}

/** Time of the newest event that touched the image; text order is time order, and no event is older than any. */
export function eventTime(image: Image): string {
  const { attributes } = image;
  return newerOf(attributes.get(EVENT_TIME) ?? "", attributes.get(CONFIRMED) ?? "");
}

/** The later one of two times of events. */
export function newerOf(one: string, other: string): string {
  return one > other ? one : other;
}

function isMarkedLive(image: Image): boolean {
  return image.attributes.get(STATE) === "live" && !isRetired(image);
}

const COMPLETE_STATES: ReadonlySet<string> = new Set([
  "READY",
  "USED",
  "DISABLED",
  "USED_PERS",
  "CLONE",
]);

/** The image that the newest event has touched. */
export function newest(images: readonly Image[]): Image | undefined {
  return images.toSorted((a, b) => eventTime(b).localeCompare(eventTime(a)) || b.id - a.id)[0];
}
