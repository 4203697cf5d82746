import type { OvfDisk } from "./ovf-disks.ts";
import { quoted, refusal } from "./refusal.ts";
import type { TarMember } from "./tar-index.ts";
import { warning, type Warning } from "./warning.ts";

/** Finds the member for a name that is relative to the descriptor. */
type Resolve = (name: string) => TarMember | undefined;

/**
 * Whatever the OVF refers to must be in the archive, whole or in chunks, and once.
 * @throws GiveUp `ovf-missing-file`, and as `resolve`
 */
export function checkReferences(hrefs: readonly string[], resolve: Resolve): void {
  const seen = new Set<TarMember>();
  for (const href of hrefs) {
    const first = resolve(href) ?? resolve(chunkName(href, 0));
    if (first === undefined) {
      throw refusal(
        "ovf-missing-file",
        `the OVF refers to ${quoted(href)}, which is not in the archive`,
      );
    }
    // One name can be written in a thousand ways, and each would be another pass over all chunks.
    if (!seen.has(first)) {
      seen.add(first);
      chunksOf(href, resolve);
    }
  }
}

/**
 * The members that a disk consists of, in their order.
 * @throws GiveUp `ovf-missing-file`, `ovf-size-mismatch`
 */
export function piecesOf({ href, chunkBytes }: OvfDisk, resolve: Resolve): readonly TarMember[] {
  const whole = resolve(href);
  if (chunkBytes === undefined) {
    if (whole === undefined) {
      throw refusal(
        "ovf-missing-file",
        `the OVF refers to ${quoted(href)}, which is not in the archive`,
      );
    }
    return [whole];
  }
  const pieces = chunksOf(href, resolve);
  if (pieces.length === 0) {
    throw refusal("ovf-missing-file", `the first chunk of ${quoted(href)} is not in the archive`);
  }
  if (
    pieces.slice(0, -1).some(({ size }) => size !== chunkBytes) ||
    (pieces.at(-1)?.size ?? 0) > chunkBytes
  ) {
    throw refusal(
      "ovf-size-mismatch",
      `a chunk of ${quoted(href)} has not the ${chunkBytes} bytes that the OVF says`,
    );
  }
  return pieces;
}

/**
 * Compares the declared length of a disk's file with the real one, which counts. But the number of chunks must be right: nothing
 * else tells that one is missing.
 * @throws GiveUp `ovf-size-mismatch`
 */
export function checkFileSize(
  { href, fileBytes, chunkBytes }: OvfDisk,
  actualBytes: number,
  pieces: number,
): readonly Warning[] {
  if (fileBytes === undefined || fileBytes === actualBytes) {
    return [];
  }
  const sentence = `the OVF says ${fileBytes} bytes for ${quoted(href)}, which has ${actualBytes}`;
  const facts = { declaredBytes: fileBytes, fileBytes: actualBytes };
  if (chunkBytes !== undefined && Math.ceil(fileBytes / chunkBytes) !== pieces) {
    throw refusal("ovf-size-mismatch", sentence, facts);
  }
  return [warning("ovf-size", sentence, facts)];
}

function chunksOf(href: string, resolve: Resolve): readonly TarMember[] {
  const chunks: TarMember[] = [];
  for (;;) {
    const chunk = resolve(chunkName(href, chunks.length));
    if (chunk === undefined) {
      return chunks;
    }
    chunks.push(chunk);
  }
}

/** DSP0243: nine digits, from 0. */
function chunkName(href: string, index: number): string {
  return `${href}.${String(index).padStart(9, "0")}`;
}
