import * as z from "zod";

/** Checksum of a whole file: `algorithm:hex`, in lower case. Image lists have sha512, registries sha256. */
export type Digest = `${Algorithm}:${string}`;
type Algorithm = "sha512" | "sha256";

/** A digest in a message. */
export const digestSchema = z.union([
  z.templateLiteral(["sha512:", z.string().regex(/^[0-9a-f]{128}$/)]),
  z.templateLiteral(["sha256:", z.string().regex(/^[0-9a-f]{64}$/)]),
]);

/** @param hex 128 hexadecimal digits of either case */
export function sha512Digest(hex: string): Digest {
  return `sha512:${hex.toLowerCase()}`;
}

/** The two parts of a digest. */
export function digestParts(digest: Digest): {
  readonly algorithm: Algorithm;
  readonly hex: string;
} {
  const [algorithm, hex = ""] = digest.split(":", 2);
  return { algorithm: algorithm === "sha256" ? "sha256" : "sha512", hex };
}
