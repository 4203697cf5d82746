import type { Config } from "../shared/settings/config.ts";
import type { Inspection } from "../shared/disk/finding.ts";
import { inspectDisk } from "../shared/disk/inspect-image.ts";
import { refusal } from "../shared/disk/refusal.ts";
import { inspectGuest, refuseNested, type Guest } from "./guest.ts";
import type { ProducedDisk } from "./production.ts";

/**
 * Looks at a finished disk as somebody else will: it must be of the format and size that we announce, and be taken for nothing else.
 * @throws GiveUp `nested-format`, `conversion-failed`, `unrecognised`
 */
export async function inspectOutput(
  { handle, guest }: Pick<ProducedDisk, "handle" | "guest">,
  config: Pick<Config, "format" | "maxVirtualSizeBytes" | "unrecognised">,
  source: Pick<Inspection, "format" | "virtualSizeBytes">,
  signal: AbortSignal,
): Promise<FinishedDisk> {
  const { format, maxVirtualSizeBytes } = config;
  const { size } = await handle.stat();
  const isCopy = source.format === "raw" && format === "raw";
  const expected = isCopy ? source.virtualSizeBytes : wholeSectors(source.virtualSizeBytes);
  if (format !== "raw") {
    // A sector more than the limit: the size was rounded up.
    const limits = { claim: format, maxVirtualSizeBytes: wholeSectors(maxVirtualSizeBytes) };
    checkSize((await inspectDisk(handle, limits, signal)).virtualSizeBytes, expected);
    return { sizeBytes: size, guest };
  }
  checkSize(size, expected);
  const disk = { handle, diskBytes: size };
  if (isCopy) {
    await refuseNested(disk);
    return { sizeBytes: size, guest: undefined };
  }
  return { sizeBytes: size, guest: await inspectGuest(disk, config) };
}

/** A disk as it is announced. */
export interface FinishedDisk {
  readonly sizeBytes: number;
  /** What the conversion brought to light; undefined of an image that was raw, and was looked at before. */
  readonly guest: Guest | undefined;
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
