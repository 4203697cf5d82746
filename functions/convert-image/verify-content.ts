import type { FileHandle } from "node:fs/promises";
import { type Digest, digestParts } from "../job/digest.ts";
import type { MemberDigest } from "../shared/disk/ova-manifest.ts";
import { quoted, refusal } from "../shared/disk/refusal.ts";
import { WHOLE_FILE, type DigestOrder } from "./content-digests.ts";
import { digestsOf } from "./digests-of.ts";

/** What a file must be. */
export interface Expected {
  /** Of the whole file; undefined when only its parts matter. */
  readonly digest: Digest | undefined;
  /** Digests of parts of it. */
  readonly digests: readonly MemberDigest[];
  /** Whether the file's SHA1 is to be made in the same reading. */
  readonly sha1?: boolean;
  readonly onProgress?: ((percent: number) => void) | undefined;
}

/**
 * Reads a file once and compares all digests.
 * @returns the file's SHA1 in hexadecimal, when that is wanted
 * @throws GiveUp `checksum-mismatch`, and `manifest-mismatch` for a part
 */
export async function verifyContent(
  handle: FileHandle,
  { digest, digests, sha1 = false, onProgress }: Expected,
  signal: AbortSignal,
): Promise<string | undefined> {
  const whole = digest === undefined ? undefined : digestParts(digest);
  const orders: readonly DigestOrder[] = [
    ...digests.map(({ algorithm, member }) => ({
      algorithm,
      range: { offset: member.offset, size: member.size },
    })),
    ...(whole === undefined ? [] : [{ algorithm: whole.algorithm, range: WHOLE_FILE }]),
    ...(sha1 ? [{ algorithm: "sha1", range: WHOLE_FILE } as const] : []),
  ];
  const actual = await digestsOf(handle, orders, signal, onProgress);
  const ofWhole = actual[digests.length];
  if (whole !== undefined && ofWhole !== whole.hex) {
    throw refusal(
      "checksum-mismatch",
      `the file has ${whole.algorithm} ${ofWhole}, but ${whole.hex} was endorsed`,
      { expected: whole.hex, actual: ofWhole ?? "" },
    );
  }
  for (const [index, { member, algorithm, digest: expected }] of digests.entries()) {
    if (actual[index] !== expected) {
      throw refusal(
        "manifest-mismatch",
        `${quoted(member.name)} has not the ${algorithm} that the OVA's manifest says`,
      );
    }
  }
  return sha1 ? actual.at(-1) : undefined;
}
