import { constants, type Stats } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { classify } from "./classify.ts";
import { inspectQcow2 } from "./formats/qcow2.ts";
import { inspectRaw } from "./formats/raw.ts";
import { inspectVdi } from "./formats/vdi.ts";
import { inspectVhd } from "./formats/vhd.ts";
import { inspectVhdx } from "./formats/vhdx.ts";
import { inspectVmdk } from "./formats/vmdk.ts";
import type { Claim, DiskFormat } from "./known-formats.ts";
import type { Disk, Limits } from "./limits.ts";
import type { MemberDigest } from "./ova-manifest.ts";
import { checkCapacity, findOvaDisk } from "./ova.ts";
import { fileReader, type Range, type Reader } from "./reader.ts";
import { quoted, refusal } from "./refusal.ts";

/** What is in an image file, as far as we have looked: enough for qemu-img to open it without harm. */
export interface Inspection {
  readonly container: "ova" | undefined;
  readonly format: DiskFormat;
  readonly subformat: string;
  /** Where the disk is in the file: one range, or several that follow each other (chunks of an OVA). */
  readonly pieces: readonly Range[];
  readonly virtualSizeBytes: number;
  /** Upper bound of what a sparse raw copy occupies. */
  readonly dataBytes: number;
  /** The file of the disk inside of the container. */
  readonly member: string | undefined;
  /** Ids of disks in the container that are not taken. */
  readonly otherDisks: readonly string[];
  /** What the container says about its members; to be verified by who reads them. */
  readonly digests: readonly MemberDigest[];
}

/**
 * Opens an image without following a link and without waiting for a pipe.
 * @throws GiveUp `not-a-file`; what `open` throws (ENOENT, EACCES …) as it is
 */
export async function openImage(path: string): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (
      error instanceof Error &&
      "code" in error &&
      (error.code === "ELOOP" || error.code === "ENXIO")
    ) {
      throw refusal("not-a-file", `${quoted(path)} is a link or a device, not a file`, {}, error);
    }
    throw error;
  }
  if (!(await handle.stat()).isFile()) {
    await handle.close();
    throw refusal("not-a-file", `${quoted(path)} is no regular file`);
  }
  return handle;
}

/**
 * Looks into an image before any other program does: what it is, that it is nothing else, and that it refers to nothing outside
 * of itself. Reads headers and tables only.
 * @throws GiveUp with the reason; see `RefusalCode`
 */
export async function inspectImage(
  handle: FileHandle,
  { claim, ...limits }: Limits & { readonly claim: Claim | undefined },
  signal: AbortSignal,
): Promise<Inspection> {
  const stats = await handle.stat();
  const file = fileReader(handle, stats.size);
  const kind = await classify(file, claim);
  if (kind === "ova") {
    return inspectOva(file, limits, signal);
  }
  const disk = await INSPECTORS[kind](file, limits, signal);
  return {
    container: undefined,
    format: kind,
    ...disk,
    dataBytes:
      kind === "raw" ? allocatedBytes(stats) : Math.min(disk.dataBytes, disk.virtualSizeBytes),
    pieces: [{ offset: 0, size: stats.size }],
    member: undefined,
    otherDisks: [],
    digests: [],
  };
}

const INSPECTORS = {
  raw: inspectRaw,
  qcow2: inspectQcow2,
  vmdk: inspectVmdk,
  vdi: inspectVdi,
  vhd: inspectVhd,
  vhdx: inspectVhdx,
} satisfies Record<
  DiskFormat,
  (reader: Reader, limits: Limits, signal: AbortSignal) => Promise<Disk>
>;

async function inspectOva(file: Reader, limits: Limits, signal: AbortSignal): Promise<Inspection> {
  const { declared, reader, pieces, otherDisks, digests } = await findOvaDisk(file, signal);
  const format = await classify(reader, undefined);
  if (format === "ova") {
    throw refusal("format-mismatch", `${quoted(declared.href)} in the OVA is an archive again`);
  }
  const disk = await INSPECTORS[format](reader, limits, signal);
  checkCapacity(declared, disk.virtualSizeBytes);
  return {
    container: "ova",
    format,
    ...disk,
    dataBytes: Math.min(disk.dataBytes, disk.virtualSizeBytes),
    pieces: pieces.map(({ offset, size }) => ({ offset, size })),
    member: declared.href,
    otherDisks,
    digests,
  };
}

/** What a sparse file occupies. */
function allocatedBytes({ size, blocks }: Stats): number {
  const BLOCK_BYTES = 512;
  return Math.min(size, blocks * BLOCK_BYTES);
}
