import type { FileHandle } from "node:fs/promises";
import type { Config } from "../shared/settings/config.ts";
import { detect } from "../shared/disk/detect.ts";
import type { Inspection } from "../shared/disk/finding.ts";
import { inspectDisk } from "../shared/disk/inspect-image.ts";
import { fileReader } from "../shared/disk/reader.ts";
import { refusal } from "../shared/disk/refusal.ts";
import type { PartialFile } from "./attempt.ts";

/**
 * Looks at a finished disk as somebody else will: it must be of the format and size that we announce, and be taken for nothing else.
 * @returns its length in bytes
 * @throws GiveUp `nested-format`, `conversion-failed`
 */
export async function inspectOutput(
  { handle }: Pick<PartialFile, "handle">,
  { format, maxVirtualSizeBytes }: Pick<Config, "format" | "maxVirtualSizeBytes">,
  source: Pick<Inspection, "format" | "virtualSizeBytes">,
  signal: AbortSignal,
): Promise<number> {
  const { size } = await handle.stat();
  const isCopy = source.format === "raw" && format === "raw";
  const expected = isCopy ? source.virtualSizeBytes : wholeSectors(source.virtualSizeBytes);
  if (format === "raw") {
    await refuseNested(handle);
    checkSize(size, expected);
  } else {
    // A sector more than the limit: the size was rounded up.
    const limits = { claim: format, maxVirtualSizeBytes: wholeSectors(maxVirtualSizeBytes) };
    checkSize((await inspectDisk(handle, limits, signal)).virtualSizeBytes, expected);
  }
  return size;
}

/**
 * Whoever guesses the format of a raw disk sees what the guest has written there, and must see nothing.
 * @throws GiveUp `nested-format`
 */
export async function refuseNested(handle: FileHandle): Promise<void> {
  const { size } = await handle.stat();
  const found = (await detect(fileReader(handle, size))).filter(
    (signature) => signature !== "text",
  );
  if (found.length > 0) {
    throw refusal(
      "nested-format",
      `the disk in the image can be taken for ${found.join(", ")} in its turn`,
      {
        found: found.join(" "),
      },
    );
  }
}

function checkSize(actual: number, expected: number): void {
  if (actual !== expected) {
    throw refusal(
      "conversion-failed",
      `the converted disk has ${actual} bytes, the image says ${expected}`,
      {
        actualBytes: actual,
        expectedBytes: expected,
      },
    );
  }
}

function wholeSectors(bytes: number): number {
  const SECTOR = 512;
  return Math.ceil(bytes / SECTOR) * SECTOR;
}
