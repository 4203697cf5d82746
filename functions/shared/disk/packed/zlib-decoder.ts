import { pipeline, Readable } from "node:stream";
import { constants, createGunzip, createZstdDecompress } from "node:zlib";
import type { Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";
import { MAX_WINDOW_BYTES } from "./packing.ts";

/**
 * The content of gzip or zstd data, by the decoders that Node brings.
 * @throws GiveUp `corrupt`, `truncated`, `table-limit`
 */
export async function* decodeByZlib(
  packing: "gzip" | "zstd",
  packed: AsyncSource,
): AsyncGenerator<Buffer> {
  let start = 0;
  for (let frames = 0; start < packed.size; frames += 1) {
    if (frames >= MAX_FRAMES) {
      throw refusal("table-limit", `the ${packing} data has more than ${MAX_FRAMES} frames`);
    }
    const decoder = DECODERS[packing]();
    const input = Readable.from(packed.chunks(start), { highWaterMark: 1 });
    // The error comes out of the decoder, which is read below.
    pipeline(input, decoder, () => undefined);
    try {
      yield* decoder;
    } catch (error) {
      throw explain(error, packing);
    } finally {
      input.destroy();
      decoder.destroy();
    }
    start += decoder.bytesWritten;
    // Node goes on with the next member of gzip data by itself, and stops at zeros; at the end of a zstd frame it stops always.
    if (packing === "gzip") {
      await checkPadding(packed, start);
      return;
    }
  }
}

/** Packed bytes in pieces, from an offset on. */
export interface AsyncSource extends Pick<Reader, "size"> {
  chunks(from: number): AsyncIterable<Buffer>;
}

// Every frame takes a new decoder. Parallel writers make frames of half a megabyte and more.
const MAX_FRAMES = 65_536;
const OUTPUT_BYTES = 2 ** 20;

const DECODERS = {
  gzip: () => createGunzip({ chunkSize: OUTPUT_BYTES }),
  zstd: () =>
    createZstdDecompress({
      chunkSize: OUTPUT_BYTES,
      params: { [constants.ZSTD_d_windowLogMax]: Math.log2(MAX_WINDOW_BYTES) },
    }),
};

/**
 * Tapes and block devices leave zeros behind gzip data, and gzip itself does not mind them. Anything else there is damage, also
 * behind zeros: who stops at them and who goes on would see different images.
 */
async function checkPadding(packed: AsyncSource, end: number): Promise<void> {
  for await (const chunk of packed.chunks(end)) {
    if (chunk.some((byte) => byte !== 0)) {
      throw refusal(
        "corrupt",
        `the gzip data ends at ${end}, and what follows in the ${packed.size} bytes of the file are not only zeros`,
        { offset: end, fileBytes: packed.size },
      );
    }
  }
}

function explain(error: unknown, packing: string): unknown {
  if (!(error instanceof Error && "code" in error && typeof error.code === "string")) {
    return error;
  }
  if (error.code === "Z_BUF_ERROR") {
    return refusal("truncated", `the ${packing} data is cut off`, {}, error);
  }
  if (error.code === "ZSTD_error_frameParameter_windowTooLarge") {
    return refusal(
      "table-limit",
      `the zstd data asks for a window of more than ${MAX_WINDOW_BYTES} bytes`,
      { limitBytes: MAX_WINDOW_BYTES },
      error,
    );
  }
  return /^(?:Z|ZSTD)_/.test(error.code)
    ? refusal("corrupt", `the ${packing} data is damaged: ${error.message}`, {}, error)
    : error;
}
