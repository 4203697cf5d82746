import type { FileHandle } from "node:fs/promises";
import type { Config } from "../shared/config.ts";
import { copyRange } from "../shared/disk/copy-range.ts";
import type { Inspection } from "../shared/disk/inspect-image.ts";
import { convertDisk, type DiskSource } from "../shared/disk/qemu-img.ts";
import { RetryLater } from "../shared/errors.ts";
import type { Attempt, PartialFile } from "./attempt.ts";
import { refuseNested } from "./inspect-output.ts";

/** What it takes to make a disk. */
export interface Production {
  readonly attempt: Attempt;
  readonly config: Pick<Config, "format" | "convertTimeoutSeconds">;
  readonly onProgress: (percent: number) => void;
}

/**
 * Makes the disk of an inspected image in the site's format.
 * @throws as `convertDisk`; GiveUp `nested-format`
 */
export async function produceDisk(
  source: FileHandle,
  inspection: Inspection,
  production: Production,
  signal: AbortSignal,
): Promise<PartialFile> {
  const output = await production.attempt.createFile();
  try {
    if (inspection.format === "raw" && production.config.format === "raw") {
      // Not by qemu-img: it would round the length up to whole sectors.
      await copyRanges(source, inspection.pieces, output.handle, signal, production.onProgress);
    } else {
      await convertWithQemu(source, inspection, output, production, signal);
    }
  } catch (error) {
    if (
      error instanceof Error &&
      "code" in error &&
      (error.code === "ENOSPC" || error.code === "EDQUOT")
    ) {
      throw new RetryLater(`no space for ${output.path}`, { cause: error });
    }
    throw error;
  }
  return output;
}

const HEAD_BYTES = 65_536;

async function convertWithQemu(
  source: FileHandle,
  inspection: Inspection,
  output: PartialFile,
  { attempt, config, onProgress }: Production,
  signal: AbortSignal,
): Promise<void> {
  const { virtualSizeBytes } = inspection;
  const disk = await diskSource(source, inspection, attempt, signal);
  const common = {
    source: disk,
    target: output.path,
    virtualSizeBytes,
    timeoutSeconds: config.convertTimeoutSeconds,
  };
  // The beginning of the guest's disk first: it tells in no time what hours of conversion would be in vain for.
  const guestRange = { offset: 0, size: Math.min(HEAD_BYTES, virtualSizeBytes) };
  await convertDisk({ ...common, guestRange, format: "raw" }, signal);
  await refuseNested(output.handle);
  await convertDisk({ ...common, format: config.format, onProgress }, signal);
}

/** qemu-img reads one range of a file in place; what is in chunks is put together first. */
async function diskSource(
  source: FileHandle,
  { format, container, pieces }: Inspection,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<DiskSource> {
  const [range, ...more] = pieces;
  if (range !== undefined && more.length === 0) {
    return container === undefined ? { handle: source, format } : { handle: source, format, range };
  }
  const whole = await attempt.createFile();
  await copyRanges(source, pieces, whole.handle, signal);
  return { handle: whole.handle, format };
}

async function copyRanges(
  source: FileHandle,
  pieces: Inspection["pieces"],
  target: FileHandle,
  signal: AbortSignal,
  onProgress?: (percent: number) => void,
): Promise<void> {
  const total = pieces.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  for (const piece of pieces) {
    const start = done;
    await copyRange(source, piece, { handle: target, offset: start }, signal, (bytes) =>
      onProgress?.((100 * (start + bytes)) / total),
    );
    done += piece.size;
  }
}
