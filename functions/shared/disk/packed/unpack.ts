import type { FileHandle } from "node:fs/promises";
import type { Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";
import { writeSparse } from "../sparse-write.ts";
import type { Packing } from "./packing.ts";
import { decodeByProgram } from "./program-decoder.ts";
import { checkXzHeader } from "./xz-header.ts";
import { decodeByZlib } from "./zlib-decoder.ts";

/** What unpacking may take. */
export interface UnpackLimits {
  /** More than this out of that file is a bomb; see `maxUnpackedBytes`. */
  readonly expansionBytes: number;
  /** More than this cannot be a disk that we would take. */
  readonly imageBytes: number;
  readonly timeoutSeconds: number;
  /** Asked every so often while the file grows. @throws when there is no room for more */
  readonly checkSpace: () => Promise<void>;
  /** 0 to 100. */
  readonly onProgress?: ((percent: number) => void) | undefined;
}

/**
 * Unpacks data into a file, with holes where there are zeros.
 * @throws GiveUp `expansion`, `virtual-size`, `corrupt`, `truncated`, `table-limit`, `conversion-timeout`
 * @throws RetryLater when a program that it takes is missing or was killed
 */
export async function unpack(
  packed: Reader,
  packing: Packing,
  target: FileHandle,
  limits: UnpackLimits,
  signal: AbortSignal,
): Promise<void> {
  const deadline = AbortSignal.timeout(limits.timeoutSeconds * 1000);
  const stop = AbortSignal.any([signal, deadline]);
  let length = 0;
  let unchecked = 0;
  try {
    for await (const chunk of decode(packed, packing, limits, stop)) {
      stop.throwIfAborted();
      checkLength(length + chunk.length, packed.size, limits);
      const written = await writeSparse(target, chunk, length);
      length += chunk.length;
      unchecked += written;
      if (unchecked >= SPACE_CHECK_BYTES) {
        await limits.checkSpace();
        unchecked = 0;
      }
    }
  } catch (error) {
    signal.throwIfAborted();
    if (deadline.aborted) {
      throw refusal(
        "conversion-timeout",
        `the ${packing} data was not unpacked within ${limits.timeoutSeconds} seconds`,
        {},
        error,
      );
    }
    throw error;
  }
  await target.truncate(length); // what ends in a hole has its length too
}

const READ_BYTES = 2 ** 20;
const SPACE_CHECK_BYTES = 64 * 2 ** 20;

async function* decode(
  packed: Reader,
  packing: Packing,
  { timeoutSeconds, onProgress }: UnpackLimits,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const chunks = (from: number) => chunksOf(packed, from, signal, onProgress);
  if (packing === "gzip" || packing === "zstd") {
    yield* decodeByZlib(packing, { size: packed.size, chunks });
    return;
  }
  if (packing === "xz") {
    await checkXzHeader(packed);
  }
  yield* decodeByProgram(packing, chunks(0), timeoutSeconds, signal);
}

async function* chunksOf(
  packed: Reader,
  from: number,
  signal: AbortSignal,
  onProgress: ((percent: number) => void) | undefined,
): AsyncGenerator<Buffer> {
  for (let offset = from; offset < packed.size;) {
    signal.throwIfAborted();
    const chunk = await packed.read(offset, READ_BYTES);
    if (chunk.length === 0) {
      return; // the file became shorter: the data ends in its middle
    }
    yield chunk;
    offset += chunk.length;
    onProgress?.((100 * offset) / packed.size);
  }
}

function checkLength(length: number, packedBytes: number, limits: UnpackLimits): void {
  if (length > limits.expansionBytes) {
    throw refusal(
      "expansion",
      `${packedBytes} packed bytes unpack to more than ${limits.expansionBytes}`,
      { packedBytes, limitBytes: limits.expansionBytes },
    );
  }
  if (length > limits.imageBytes) {
    throw refusal(
      "virtual-size",
      `the image unpacks to more than ${limits.imageBytes} bytes, which no disk within the limit takes`,
      { packedBytes, limitBytes: limits.imageBytes },
    );
  }
}
