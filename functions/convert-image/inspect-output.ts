import type { FileHandle } from "node:fs/promises";
import type { Config } from "../shared/settings/config.ts";
import { detect } from "../shared/disk/detect.ts";
import { diskEvidence, doubtsAbout } from "../shared/disk/disk-evidence.ts";
import { fileType } from "../shared/disk/file-types.ts";
import type { Inspection } from "../shared/disk/finding.ts";
import { inspectDisk } from "../shared/disk/inspect-image.ts";
import { fileReader } from "../shared/disk/reader.ts";
import { refusal } from "../shared/disk/refusal.ts";
import type { Warning } from "../shared/disk/warning.ts";
import type { GiveUp } from "../shared/step/errors.ts";
import type { PartialFile } from "./attempt.ts";

/**
 * Looks at a finished disk as somebody else will: it must be of the format and size that we announce, and be taken for nothing else.
 * @throws GiveUp `nested-format`, `conversion-failed`, `unrecognised`
 */
export async function inspectOutput(
  { handle }: Pick<PartialFile, "handle">,
  {
    format,
    maxVirtualSizeBytes,
    unrecognised,
  }: Pick<Config, "format" | "maxVirtualSizeBytes" | "unrecognised">,
  source: Pick<Inspection, "format" | "virtualSizeBytes">,
  signal: AbortSignal,
): Promise<FinishedDisk> {
  const { size } = await handle.stat();
  const isCopy = source.format === "raw" && format === "raw";
  const expected = isCopy ? source.virtualSizeBytes : wholeSectors(source.virtualSizeBytes);
  if (format === "raw") {
    await refuseNested(handle);
    checkSize(size, expected);
    if (source.format !== "raw") {
      return { sizeBytes: size, ...(await contentOf(handle, size, unrecognised)) };
    }
  } else {
    // A sector more than the limit: the size was rounded up.
    const limits = { claim: format, maxVirtualSizeBytes: wholeSectors(maxVirtualSizeBytes) };
    checkSize((await inspectDisk(handle, limits, signal)).virtualSizeBytes, expected);
  }
  // What was raw was looked at before it was copied; for the content of a qcow2 it would take another conversion.
  return { sizeBytes: size, evidence: undefined, warnings: [] };
}

/** A disk as it is announced. */
export interface FinishedDisk {
  readonly sizeBytes: number;
  /** As of an inspection: what says that the guest's content is a disk; undefined where it was not looked for. */
  readonly evidence: readonly string[] | undefined;
  /** What came to light by the conversion. */
  readonly warnings: readonly Warning[];
}

/**
 * What is in a disk that was hidden in its format until now.
 * @throws GiveUp `nested-format`, `unrecognised`
 */
async function contentOf(
  handle: FileHandle,
  size: number,
  unrecognised: Config["unrecognised"],
): Promise<Pick<FinishedDisk, "evidence" | "warnings">> {
  const reader = fileReader(handle, size);
  const evidence = await diskEvidence(reader);
  const type = evidence.length === 0 ? await fileType(reader) : undefined;
  if (type !== undefined) {
    throw nestedFormat(type.name);
  }
  return { evidence, warnings: doubtsAbout(evidence, unrecognised) };
}

/**
 * Whoever guesses the format of a raw disk sees what the guest has written there, and must see nothing.
 * @param diskBytes of the whole disk, where the file has only the beginning of it
 * @throws GiveUp `nested-format`
 */
export async function refuseNested(handle: FileHandle, diskBytes?: number): Promise<void> {
  const { size } = await handle.stat();
  const reader = { ...fileReader(handle, size), size: diskBytes ?? size };
  const found = (await detect(reader)).filter((signature) => signature !== "text");
  if (found.length > 0) {
    throw nestedFormat(...found);
  }
}

function nestedFormat(...found: readonly string[]): GiveUp {
  return refusal(
    "nested-format",
    `the disk in the image can be taken for ${found.join(", ")} in its turn`,
    { found: found.join(" ") },
  );
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
