import type { FileHandle } from "node:fs/promises";
import type { MemberDigest } from "../shared/disk/ova-manifest.ts";
import { quoted, refusal } from "../shared/disk/refusal.ts";
import { WHOLE_FILE, type DigestOrder } from "./content-digests.ts";
import { digestsOf } from "./digests-of.ts";

/** What a file must be. */
export interface Expected {
  /** Of the whole file; undefined when only its parts matter. */
  readonly sha512: string | undefined;
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
  { sha512, digests, sha1 = false, onProgress }: Expected,
  signal: AbortSignal,
): Promise<string | undefined> {
  const orders: readonly DigestOrder[] = [
    ...digests.map(({ algorithm, member }) => ({
      algorithm,
      range: { offset: member.offset, size: member.size },
    })),
    ...(sha512 === undefined ? [] : [{ algorithm: "sha512", range: WHOLE_FILE } as const]),
    ...(sha1 ? [{ algorithm: "sha1", range: WHOLE_FILE } as const] : []),
  ];
  const actual = await digestsOf(handle, orders, signal, onProgress);
  const ofWhole = actual[digests.length];
  if (sha512 !== undefined && ofWhole !== sha512) {
    throw refusal(
      "checksum-mismatch",
      `the file has sha512 ${ofWhole}, but ${sha512} was endorsed`,
      { expected: sha512, actual: ofWhole ?? "" },
    );
  }
  for (const [index, { member, algorithm, digest }] of digests.entries()) {
    if (actual[index] !== digest) {
      throw refusal(
        "manifest-mismatch",
        `${quoted(member.name)} has not the ${algorithm} that the OVA's manifest says`,
      );
    }
  }
  return sha1 ? actual.at(-1) : undefined;
}
