import type { TarMember } from "./tar-index.ts";
import { quoted, refusal } from "./refusal.ts";

/** A digest that a member of an OVA must have. */
export interface MemberDigest {
  readonly member: TarMember;
  readonly algorithm: "sha1" | "sha256" | "sha384" | "sha512";
  /** Lower case, hexadecimal. */
  readonly digest: string;
}

/** The size up to which a manifest is read, in bytes. */
export const MAX_MANIFEST_BYTES = 2 ** 20;

/**
 * Reads the `.mf` of an OVA: lines `SHA256(NAME)= HEX`, with or without blanks, and `SHA2-256` as OpenSSL 3 says it. Lines for
 * the manifest itself and for a certificate, which has a digest of the manifest, cannot be right, and are passed over.
 * @param resolve finds the member for a name, which is relative to the descriptor
 * @throws GiveUp `manifest-mismatch` when it is malformed or names what is not in the archive
 */
export function parseManifest(
  text: string,
  resolve: (name: string) => TarMember | undefined,
): readonly MemberDigest[] {
  const seen = new Set<string>();
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  return lines.flatMap((line) => {
    const [, word, name, digest] =
      /^\s*(SHA-?1|SHA(?:2?-)?(?:256|384|512))\s*\((.*)\)\s*=\s*([0-9a-f]+)\s*$/i.exec(line) ?? [];
    const algorithm = ALGORITHMS.find((known) => known === word?.toLowerCase().replace(/2?-/, ""));
    if (algorithm === undefined || name === undefined || digest?.length !== DIGITS[algorithm]) {
      throw refusal(
        "manifest-mismatch",
        `the OVA's manifest has a line that is no digest: ${quoted(line)}`,
      );
    }
    const member = resolve(name) ?? resolve(name.trim());
    if (member === undefined) {
      throw refusal(
        "manifest-mismatch",
        `the OVA's manifest names ${quoted(name)}, which is not in the archive`,
      );
    }
    if (/\.(?:mf|cert)$/i.test(member.name)) {
      return [];
    }
    // Each is one more pass over the member.
    if (seen.has(`${algorithm} ${member.name}`)) {
      throw refusal("manifest-mismatch", `the OVA's manifest names ${quoted(name)} twice`);
    }
    seen.add(`${algorithm} ${member.name}`);
    return [{ member, algorithm, digest: digest.toLowerCase() }];
  });
}

const ALGORITHMS = ["sha1", "sha256", "sha384", "sha512"] as const;
const DIGITS = { sha1: 40, sha256: 64, sha384: 96, sha512: 128 } satisfies Record<
  MemberDigest["algorithm"],
  number
>;
