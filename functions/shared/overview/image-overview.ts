import {
  ANNOUNCED_SHA512,
  EVENT_TIME,
  JOB,
  SHA512,
  STATE,
  SUPERSEDED_BY,
  WARNINGS,
} from "../lineage/attributes.ts";
import { warningCodesIn } from "../../job/warning-codes.ts";
import { eventTime, isRetired } from "../lineage/lineage.ts";
import type { Image, ImageState } from "../opennebula/opennebula.ts";

/** One image of an identifier. */
export interface ImageOverview {
  readonly id: number;
  readonly name: string;
  readonly owner: string;
  readonly group: string;
  /** Three octal digits. */
  readonly mode: string;
  /** OpenNebula's. */
  readonly state: ImageState;
  readonly runningVms: number;
  readonly datastore: string;
  /** Virtual size in MiB. */
  readonly sizeMb: number;
  readonly registeredAt: string;
  /** As the list says (`hv:version`). */
  readonly version?: string | undefined;
  /** Of the source file. */
  readonly sha512?: string | undefined;
  /** The job that made it; absent on images of the predecessor. */
  readonly job?: string | undefined;
  /** The newest event that made, confirmed, superseded or expired it. */
  readonly eventTime?: string | undefined;
  /** Codes of what is unusual about the file that it was made of; absent when there is nothing. */
  readonly warnings?: readonly string[] | undefined;
}

/** An image that is not the live one any more. */
export interface VersionOverview extends ImageOverview {
  /** `unknown` for what the predecessor has retired: it wrote the same for both. */
  readonly became: "superseded" | "expired" | "unknown";
  readonly retiredAt?: string | undefined;
  /** The job that superseded or expired it. */
  readonly retiredByJob?: string | undefined;
  /** The image that took its place, where OpenNebula still holds it. */
  readonly supersededByImage?: number | undefined;
}

/** An image as the operator sees it. */
export function imageOverview(image: Image): ImageOverview {
  const { attributes } = image;
  const warnings = warningCodesIn(attributes.get(WARNINGS) ?? "");
  return {
    id: image.id,
    name: image.name,
    owner: image.uname,
    group: image.gname,
    mode: image.mode,
    state: image.state,
    runningVms: image.runningVms,
    datastore: image.datastore,
    sizeMb: image.sizeMb,
    registeredAt: new Date(image.registeredAt * 1000).toISOString(),
    version: attributes.get("VMCATCHER_EVENT_HV_VERSION"),
    sha512: (attributes.get(SHA512) ?? attributes.get(ANNOUNCED_SHA512))?.toLowerCase(),
    job: attributes.get(JOB),
    eventTime: eventTime(image) || undefined,
    warnings: warnings.length === 0 ? undefined : warnings,
  };
}

/** @param madeBy the image that a job has made */
export function versionOverview(
  image: Image,
  madeBy: (job: string) => Image | undefined,
): VersionOverview {
  const state = image.attributes.get(STATE);
  const job = image.attributes.get(SUPERSEDED_BY);
  return {
    ...imageOverview(image),
    became: state === "superseded" || state === "expired" ? state : "unknown",
    retiredAt: isRetired(image) ? image.attributes.get(EVENT_TIME) : undefined,
    retiredByJob: job,
    supersededByImage: job === undefined ? undefined : madeBy(job)?.id,
  };
}
