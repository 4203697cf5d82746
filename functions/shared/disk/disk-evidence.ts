import type { Config } from "../settings/config.ts";
import { hasBootSignature, readPartitionTable } from "./partitions.ts";
import type { Reader } from "./reader.ts";
import { refusal } from "./refusal.ts";
import { volumesOf } from "./volumes.ts";
import { warning, type Warning } from "./warning.ts";

/**
 * What says that bytes are a disk: a partition table, a file system or volume that takes all of it, or at least a boot sector.
 * Every file is a raw disk to those who do not look. Reads a few hundred KiB at most.
 * @returns what was found, in words; nothing for what nobody would recognise as a disk
 */
export async function diskEvidence(reader: Reader): Promise<readonly string[]> {
  const head = await reader.read(0, HEAD_BYTES);
  if (isLinuxKernel(head)) {
    return [];
  }
  const table = await readPartitionTable(reader);
  const found = [
    ...(table === undefined ? [] : [`partition table (${table.kind})`]),
    ...(await volumesOf(reader)),
  ];
  return found.length === 0 && isBootSector(head) ? ["boot sector"] : found;
}

/**
 * What is to be done about a disk without evidence, as the site wants it.
 * @throws GiveUp `unrecognised`
 */
export function doubtsAbout(
  evidence: readonly string[],
  unrecognised: Config["unrecognised"] | undefined,
): readonly Warning[] {
  if (evidence.length > 0) {
    return [];
  }
  const sentence =
    "nothing in the disk says that it is one: no partition table, no file system, no boot sector";
  if (unrecognised === "refuse") {
    throw refusal("unrecognised", sentence);
  }
  return [warning("unrecognised", sentence)];
}

const HEAD_BYTES = 1024;

/** Old kernels began with a boot sector, and x86 kernels still end their first sector like one (Linux, Documentation/arch/x86/boot.rst). */
export function isLinuxKernel(head: Buffer): boolean {
  return hasBootSignature(head) && head.toString("latin1", 514, 518) === "HdrS";
}

/** A boot sector begins with code; an empty one boots nothing. */
function isBootSector(head: Buffer): boolean {
  return hasBootSignature(head) && head[0] !== 0;
}
