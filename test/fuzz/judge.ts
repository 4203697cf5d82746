import { inspectContent } from "../../functions/shared/disk/inspect-image.ts";
import type { Finding } from "../../functions/shared/disk/finding.ts";
import { claimOf } from "../../functions/shared/disk/known-formats.ts";
import type { Reader } from "../../functions/shared/disk/reader.ts";
import { GiveUp } from "../../functions/shared/step/errors.ts";

/** How the inspection of one input ended: what was found in it, or the code it was refused with, or what is wrong with us. */
export type Judgement =
  | { readonly verdict: "accepted"; readonly finding: Finding }
  | { readonly verdict: "refused"; readonly code: string }
  | { readonly verdict: "fault"; readonly fault: string };

/** Inspects bytes and watches how that is done. */
export async function judge(bytes: Buffer, declaredFormat: string): Promise<Judgement> {
  const reads = new WatchedReader(bytes);
  const start = performance.now();
  let judgement: Judgement;
  try {
    const rules = { claim: claimOf(declaredFormat), maxVirtualSizeBytes: MAX_VIRTUAL_SIZE_BYTES };
    const content = { reader: reads, allocatedBytes: bytes.length };
    const finding = await inspectContent(content, rules, AbortSignal.timeout(60_000));
    judgement = { verdict: "accepted", finding };
  } catch (error) {
    judgement =
      error instanceof GiveUp && error.message !== ""
        ? { verdict: "refused", code: error.code }
        : fault(`threw ${error instanceof Error ? (error.stack ?? "") : String(error)}`);
  }
  const milliseconds = performance.now() - start;
  if (milliseconds > MAX_MILLISECONDS) {
    return fault(`took ${milliseconds.toFixed(0)} ms for ${bytes.length} bytes`);
  }
  return reads.fault === undefined ? judgement : fault(reads.fault);
}

/** The site's default. */
export const MAX_VIRTUAL_SIZE_BYTES = 2 ** 40;

const MAX_MILLISECONDS = 1000;
const MAX_READ_BYTES = 2 * 2 ** 20; // a level 2 table of the largest qcow2 clusters
const MAX_ALL_READS_FACTOR = 2;
const MAX_HEADERS_BYTES = 4 * 2 ** 20;

/** Reads must be whole numbers inside of the file, and bounded: each of them, and together. */
class WatchedReader implements Reader {
  readonly #bytes: Buffer;
  #total = 0;
  fault: string | undefined;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    if (![offset, length].every((value) => Number.isSafeInteger(value) && value >= 0)) {
      this.fault ??= `read ${length} bytes at ${offset}`;
    }
    if (offset > this.size || length > MAX_READ_BYTES) {
      this.fault ??= `read ${length} bytes at ${offset} of ${this.size}`;
    }
    const read = this.#bytes.subarray(offset, Math.min(this.size, offset + length));
    this.#total += read.length;
    if (this.#total > MAX_ALL_READS_FACTOR * this.size + MAX_HEADERS_BYTES) {
      this.fault ??= `read ${this.#total} bytes of a file of ${this.size}`;
    }
    return Promise.resolve(read);
  }
}

function fault(text: string): Judgement {
  return { verdict: "fault", fault: text };
}
