import { crc32c } from "../../functions/shared/disk/formats/crc32c.ts";

/** Repairs the checksums of what looks like tar headers, VHD footers and headers, and VHDX headers and tables. */
export function repairChecksums(bytes: Buffer): void {
  if (bytes.toString("latin1", 0, 8) === "vhdxfile") {
    repairVhdx(bytes);
    return;
  }
  const isTar = bytes.toString("latin1", 257, 262) === "ustar";
  const isVhd =
    bytes.toString("latin1", 0, 8) === "conectix" ||
    bytes.toString("latin1", bytes.length - SECTOR, bytes.length - SECTOR + 8) === "conectix";
  if (!isTar && !isVhd) {
    return;
  }
  for (let at = 0; at + SECTOR <= bytes.length; at += SECTOR) {
    const sector = bytes.subarray(at, at + SECTOR);
    if (isTar && sector.toString("latin1", 257, 262) === "ustar") {
      sector.fill(" ", 148, 156);
      sector.write(`${sumOf(sector).toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    } else if (isVhd && sector.toString("latin1", 0, 8) === "conectix") {
      complement(sector, 64);
    } else if (isVhd && sector.toString("latin1", 0, 8) === "cxsparse") {
      complement(bytes.subarray(at, at + 2 * SECTOR), 36);
    }
  }
}

const SECTOR = 512;
const KIB = 1024;
const VHDX_STRUCTURES = [
  [64 * KIB, 4 * KIB],
  [128 * KIB, 4 * KIB],
  [192 * KIB, 64 * KIB],
] as const;

function repairVhdx(bytes: Buffer): void {
  for (const [at, length] of VHDX_STRUCTURES) {
    const structure = bytes.subarray(at, at + length);
    if (structure.length === length) {
      structure.fill(0, 4, 8);
      structure.writeUInt32LE(crc32c(structure), 4);
    }
  }
}

function complement(block: Buffer, at: number): void {
  if (at + 4 <= block.length) {
    block.fill(0, at, at + 4);
    block.writeUInt32BE(~sumOf(block) >>> 0, at);
  }
}

function sumOf(block: Buffer): number {
  return block.reduce((sum, byte) => sum + byte, 0);
}
