import type { FileHandle } from "node:fs/promises";
import type { Config } from "../shared/settings/config.ts";
import { detect } from "../shared/disk/detect.ts";
import { diskEvidence, doubtsAbout } from "../shared/disk/disk-evidence.ts";
import { fileType } from "../shared/disk/file-types.ts";
import type { Inspection } from "../shared/disk/finding.ts";
import { fileReader, type Reader } from "../shared/disk/reader.ts";
import { refusal } from "../shared/disk/refusal.ts";
import type { GiveUp } from "../shared/step/errors.ts";

/** What the format of a disk hides until it is converted. */
export type Guest = Pick<Inspection, "evidence" | "warnings">;

/** What there is to say of an image once its disk was seen. Of one that is raw, the inspection has seen more of it than anybody later. */
export function withGuest(inspection: Inspection, guest: Guest | undefined): Guest {
  const { format, evidence, warnings } = inspection;
  return guest === undefined || format === "raw"
    ? { evidence, warnings }
    : { evidence: guest.evidence, warnings: [...warnings, ...guest.warnings] };
}

/** A guest's disk, as raw bytes. */
export interface GuestDisk {
  /** Has the whole disk, or its beginning. */
  readonly handle: FileHandle;
  /** Of the whole disk. */
  readonly diskBytes: number;
}

/**
 * Asks of a guest's disk what is asked of a raw image: that it is nothing else, and whether it is a disk.
 * @throws GiveUp `nested-format`, `unrecognised`
 */
export async function inspectGuest(
  disk: GuestDisk,
  { unrecognised }: Pick<Config, "unrecognised">,
): Promise<Guest> {
  await refuseNested(disk);
  const reader = await readerOf(disk);
  const evidence = await diskEvidence(reader);
  const type = evidence.length === 0 ? await fileType(reader) : undefined;
  if (type !== undefined) {
    throw nestedFormat(type.name);
  }
  return { evidence, warnings: doubtsAbout(evidence, unrecognised) };
}

/**
 * Whoever guesses the format of a raw disk sees what the guest has written there, and must see nothing.
 * @throws GiveUp `nested-format`
 */
export async function refuseNested(disk: GuestDisk): Promise<void> {
  const found = (await detect(await readerOf(disk))).filter((signature) => signature !== "text");
  if (found.length > 0) {
    throw nestedFormat(...found);
  }
}

async function readerOf({ handle, diskBytes }: GuestDisk): Promise<Reader> {
  const { size } = await handle.stat();
  return { ...fileReader(handle, size), size: diskBytes };
}

function nestedFormat(...found: readonly string[]): GiveUp {
  return refusal(
    "nested-format",
    `the disk in the image can be taken for ${found.join(", ")} in its turn`,
    { found: found.join(" ") },
  );
}
