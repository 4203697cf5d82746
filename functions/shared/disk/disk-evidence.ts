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

/**
 * A boot sector also begins as code does. Its signature alone is two bytes, which every 65,536th file has by chance; no archive and
 * no picture begins with any of these.
 */
function isBootSector(head: Buffer): boolean {
  return hasBootSignature(head) && FIRST_OPCODES.has(head.readUInt8(0));
}

/** x86: jumps and a call, what sets flags and stack up, clears a register, moves or pushes to one. */
const FIRST_OPCODES: ReadonlySet<number> = new Set(
  [
    [0xeb, 0xe9, 0xea, 0xe8], // jmp, call
    [0xfa, 0xfb, 0xfc, 0x90], // cli, sti, cld, nop
    [0x31, 0x33, 0x29, 0x2b], // xor, sub
    [0x8c, 0x8e, 0x8b, 0x88, 0x66], // mov, and the prefix of 32-bit operands
    [0x06, 0x0e, 0x16, 0x1e, 0x68], // push
    Array.from({ length: 16 }, (_, register) => 0xb0 + register), // mov of a constant
  ].flat(),
);
