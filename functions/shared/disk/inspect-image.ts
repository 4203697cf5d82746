import type { FileHandle } from "node:fs/promises";
import { classify } from "./classify.ts";
import { diskEvidence, doubtsAbout } from "./disk-evidence.ts";
import type { Content, Finding, Inspection, Place, Rules } from "./finding.ts";
import { inspectQcow2 } from "./formats/qcow2.ts";
import { inspectRaw } from "./formats/raw.ts";
import { inspectVdi } from "./formats/vdi.ts";
import { inspectVhd } from "./formats/vhd.ts";
import { inspectVhdx } from "./formats/vhdx.ts";
import { inspectVmdk } from "./formats/vmdk.ts";
import { allocatedBytes } from "./image-file.ts";
import type { DiskFormat } from "./known-formats.ts";
import type { Disk, Limits } from "./limits.ts";
import { checkCapacity, findOvaDisk, type OvaDisk } from "./ova.ts";
import { isPacking, type Packing } from "./packed/packing.ts";
import { fileReader, type Reader } from "./reader.ts";
import { quoted, refusal } from "./refusal.ts";
import type { GiveUp } from "../step/errors.ts";

/**
 * Looks into an image before any other program does: what it is, that it is nothing else, and that it refers to nothing outside
 * of itself. Reads headers and tables only.
 * @throws GiveUp with the reason; see `RefusalCode`
 */
export async function inspectImage(
  handle: FileHandle,
  rules: Rules,
  signal: AbortSignal,
): Promise<Finding> {
  return inspectContent(await contentOf(handle), rules, signal);
}

/**
 * As `inspectImage`, for what must be a disk as it is.
 * @throws GiveUp also `format-mismatch` when it is packed
 */
export async function inspectDisk(
  handle: FileHandle,
  rules: Rules,
  signal: AbortSignal,
): Promise<Inspection> {
  return unpacked(await inspectImage(handle, rules, signal));
}

/** As `inspectImage`, for bytes from anywhere. */
export async function inspectContent(
  content: Content,
  rules: Rules,
  signal: AbortSignal,
): Promise<Finding> {
  const { reader } = content;
  const kind = await classify(reader, rules.claim);
  if (kind === "ova") {
    return inspectOva(reader, rules, signal);
  }
  const place: Place = {
    container: undefined,
    member: undefined,
    chosenBy: undefined,
    otherDisks: [],
    pieces: [{ offset: 0, size: reader.size }],
    digests: [],
    warnings: [],
  };
  if (isPacking(kind)) {
    return {
      ...place,
      packing: kind,
      inspect: async (handle, stop) =>
        oncePacked(await inspectContent(await contentOf(handle), rules, stop)),
    };
  }
  const disk = await inspectFormat(content, kind, rules, signal);
  return { ...place, packing: undefined, ...disk, ...doubted(place, disk, rules) };
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

async function contentOf(handle: FileHandle): Promise<Content> {
  const stats = await handle.stat();
  return { reader: fileReader(handle, stats.size), allocatedBytes: allocatedBytes(stats) };
}

async function inspectFormat(
  content: Content,
  format: DiskFormat,
  limits: Limits,
  signal: AbortSignal,
): Promise<FoundDisk> {
  const disk = await INSPECTORS[format](content.reader, limits, signal);
  if (format !== "raw") {
    const dataBytes = Math.min(disk.dataBytes, disk.virtualSizeBytes);
    return { format, ...disk, dataBytes, evidence: [] };
  }
  const evidence = await diskEvidence(content.reader);
  return { format, ...disk, dataBytes: content.allocatedBytes, evidence };
}

type FoundDisk = Disk & Pick<Inspection, "format" | "evidence">;

/**
 * What there is to say of a disk that is as it will be registered; others are looked at when they are converted.
 * @throws GiveUp `unrecognised`
 */
function doubted(
  { warnings }: Pick<Place, "warnings">,
  { format, evidence }: FoundDisk,
  { unrecognised }: Rules,
): Pick<Place, "warnings"> {
  return {
    warnings: format === "raw" ? [...warnings, ...doubtsAbout(evidence, unrecognised)] : warnings,
  };
}

async function inspectOva(reader: Reader, rules: Rules, signal: AbortSignal): Promise<Finding> {
  const found = await findOvaDisk(reader, signal);
  if (rules.severalDisks === "refuse" && found.otherDisks.length > 0) {
    throw refusal(
      "several-disks",
      `the OVA has ${found.otherDisks.length} disks besides the one that boots`,
      { bootDisk: found.declared.href, otherDisks: found.otherDisks.map(quoted).join(" ") },
    );
  }
  const place: Place = {
    container: "ova",
    member: found.declared.href,
    chosenBy: found.chosenBy,
    otherDisks: found.otherDisks,
    pieces: found.pieces.map(({ offset, size }) => ({ offset, size })),
    digests: found.digests,
    warnings: found.warnings,
  };
  if (found.declared.compression === undefined) {
    const content = { reader: found.reader, allocatedBytes: found.reader.size };
    const disk = await inspectMember(content, found, rules, signal);
    return { ...place, packing: undefined, ...disk, ...doubted(disk, disk, rules) };
  }
  const packing = await classify(found.reader, undefined);
  if (packing !== found.declared.compression || !isPacking(packing)) {
    throw refusal(
      "format-mismatch",
      `${quoted(found.declared.href)} is not packed with ${found.declared.compression}, as the OVF says`,
    );
  }
  return {
    ...place,
    packing,
    inspect: async (handle, stop) => {
      const content = await contentOf(handle);
      const disk = await inspectMember(content, found, rules, stop);
      const pieces = [{ offset: 0, size: content.reader.size }];
      const { warnings } = doubted(disk, disk, rules);
      return { ...place, packing: undefined, ...disk, pieces, digests: [], warnings };
    },
  };
}

/** The disk of an OVA, which is a disk at last. */
async function inspectMember(
  content: Content,
  { declared, isBeside, warnings }: OvaDisk,
  rules: Limits,
  signal: AbortSignal,
): Promise<FoundDisk & Pick<Place, "warnings">> {
  const limits = { ...rules, isBeside };
  const kind = await classify(content.reader, undefined, limits);
  if (kind === "ova") {
    throw refusal("format-mismatch", `${quoted(declared.href)} in the OVA is an archive again`);
  }
  if (isPacking(kind)) {
    if (declared.compression !== undefined) {
      throw packedTwice(kind);
    }
    throw refusal(
      "unsupported-compression",
      `${quoted(declared.href)} in the OVA is packed with ${kind}, which the OVF does not say`,
    );
  }
  const disk = await inspectFormat(content, kind, limits, signal);
  return { ...disk, warnings: [...warnings, ...checkCapacity(declared, disk.virtualSizeBytes)] };
}

/** A container may hold something packed; what is packed may not. */
function oncePacked(finding: Finding): Finding {
  return finding.container === undefined ? unpacked(finding) : finding;
}

function unpacked(finding: Finding): Inspection {
  if (finding.packing !== undefined) {
    throw packedTwice(finding.packing);
  }
  return finding;
}

function packedTwice(packing: Packing): GiveUp {
  return refusal(
    "format-mismatch",
    `there is something packed (${packing}) where a disk has to be`,
    { found: packing },
  );
}
