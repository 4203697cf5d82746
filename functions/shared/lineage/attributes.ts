import { type Digest, digestParts, sha512Digest } from "../../job/digest.ts";
import { IDENTIFIER } from "../../job/identifier.ts";
import type { AvailableJob, Job } from "../../job/job.ts";
import { warningCodesText } from "../../job/warning-codes.ts";
import type { Image } from "../opennebula/opennebula.ts";

/** The checksum that vmcatcher announced; on images of the predecessor the only one there is. */
export const ANNOUNCED_SHA512 = "VMCATCHER_EVENT_SL_CHECKSUM_SHA512";

/** `pending | live | superseded | expired`. */
export const STATE = "VMCATCHER_ONE_STATE";
/** The job that made the image. */
export const JOB = "VMCATCHER_ONE_JOB";
/** Time of the newest event that made, superseded or expired the image. */
export const EVENT_TIME = "VMCATCHER_ONE_EVENT_TIME";
/** Time of the newest event that announced the image's content once more. */
export const CONFIRMED = "VMCATCHER_ONE_CONFIRMED";
/** Rights that are to be restored while the image is pending, that were restored when it is live, that it had when it is retired. */
export const REMEMBERED = "VMCATCHER_ONE_REMEMBERED";
/** `yes`: the image has the rights that it remembered when it was pending. Nobody's mark takes it away, as it does `live`. */
export const RESTORED = "VMCATCHER_ONE_RESTORED";
/** The job that superseded or expired the image. */
export const SUPERSEDED_BY = "VMCATCHER_ONE_SUPERSEDED_BY";
/** Digest of the source file, in hexadecimal. */
export const SHA512 = "VMCATCHER_ONE_SHA512";
/** As `SHA512`, of an image whose source gives a sha256. */
const SHA256 = "VMCATCHER_ONE_SHA256";
/** `pending`: to be disabled as soon as no VM uses the image. */
export const DISABLE = "VMCATCHER_ONE_DISABLE";
/** vmcatcher announced a successor at that time; it stays until the successor is live. */
export const STALE_SINCE = "VMCATCHER_ONE_STALE_SINCE";
/** vmcatcher announced an expiry at that time and could not say whether the image is still subscribed. */
export const EXPIRY_UNKNOWN_SINCE = "VMCATCHER_ONE_EXPIRY_UNKNOWN_SINCE";

/** Codes of what is unusual about the file that the image was made of; absent when there is nothing. */
export const WARNINGS = "VMCATCHER_ONE_WARNINGS";

/**
 * The attributes of a new image. A shorter text never hides a longer one: DESCRIPTION falls back to the title.
 * @param warnings codes of what is unusual about its file
 */
export function newImageAttributes(
  job: AvailableJob,
  warnings: readonly string[] = [],
): ReadonlyMap<string, string> {
  return new Map([
    ...Object.entries(job.attributes),
    [
      "DESCRIPTION",
      job.attributes["VMCATCHER_EVENT_DC_DESCRIPTION"] ?? job.title ?? job.identifier,
    ],
    [IDENTIFIER, job.identifier],
    [STATE, "pending"],
    [JOB, job.id],
    [EVENT_TIME, job.eventTime],
    digestAttribute(job.digest),
    ...(warnings.length === 0 ? [] : [[WARNINGS, warningCodesText(warnings)] as const]),
  ]);
}

/** The attribute that tells an image's content, with its value. */
export function digestAttribute(digest: Digest): readonly [string, string] {
  const { algorithm, hex } = digestParts(digest);
  return [algorithm === "sha256" ? SHA256 : SHA512, hex];
}

/** The digest of the file that an image was made from; undefined when it does not tell. */
export function contentDigest({ attributes }: Pick<Image, "attributes">): Digest | undefined {
  const sha512 = attributes.get(SHA512) ?? attributes.get(ANNOUNCED_SHA512);
  const sha256 = attributes.get(SHA256);
  if (sha256 !== undefined) {
    return `sha256:${sha256.toLowerCase()}`;
  }
  return sha512 === undefined ? undefined : sha512Digest(sha512);
}

/** NAME of a new image until it takes the identifier's: a second attempt of the same job finds the first one's image by it. */
export function pendingName(job: Pick<Job, "id" | "identifier">): string {
  return `${job.identifier}.pending.${job.id}`;
}
