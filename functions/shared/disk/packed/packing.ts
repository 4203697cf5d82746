/** How an image, or the disk in an OVA, is packed: what can be unpacked. */
export type Packing = "gzip" | "xz" | "bzip2" | "zstd";

/** Whether a word, usually a signature, names a packing. */
export function isPacking(word: string | undefined): word is Packing {
  return PACKINGS.has(word);
}

/** The largest dictionary or window that a packed file may ask memory for, in bytes: `xz -9` takes 64 MiB, `zstd` at most this. */
export const MAX_WINDOW_BYTES = 128 * 2 ** 20;

const PACKINGS: ReadonlySet<string | undefined> = new Set([
  "gzip",
  "xz",
  "bzip2",
  "zstd",
] satisfies Packing[]);
