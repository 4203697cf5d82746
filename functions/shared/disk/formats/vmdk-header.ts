import { u64le } from "../reader.ts";
import { refusal } from "../refusal.ts";

/** The fields of a sparse extent's header that the checks need. */
export interface SparseHeader {
  readonly version: number;
  readonly flags: number;
  readonly capacitySectors: number;
  readonly grainSectors: number;
  readonly descriptorSector: number;
  readonly descriptorSectors: number;
  readonly entriesPerTable: number;
  /** Undefined when the footer has to tell it. */
  readonly directorySector: number | undefined;
  readonly redundantDirectorySector: number;
  /** Where the first grain may be. */
  readonly overheadSectors: number;
  readonly newlineTest: string;
  readonly compression: number;
}

/** Bytes of a sector. */
export const SECTOR = 512;

/** A flag: there is a second grain directory. */
export const FLAG_REDUNDANT_TABLES = 2;

/** A flag: what is in the file has markers before it. */
export const FLAG_MARKERS = 0x2_0000;

const FLAG_NEWLINE_TEST = 1;
const FLAG_COMPRESSED = 0x1_0000;
const COMPRESSION_DEFLATE = 1;

/** Reads the header of a sparse extent, or its copy in a footer. */
export function parseHeader(sector: Buffer): SparseHeader {
  // To the bit: `u64le` rounds what is near it to the same number.
  const isDirectoryAtEnd = sector.subarray(56, 64).every((byte) => byte === 0xff);
  return {
    version: sector.readUInt32LE(4),
    flags: sector.readUInt32LE(8),
    capacitySectors: u64le(sector, 12),
    grainSectors: u64le(sector, 20),
    descriptorSector: u64le(sector, 28),
    descriptorSectors: u64le(sector, 36),
    entriesPerTable: sector.readUInt32LE(44),
    redundantDirectorySector: u64le(sector, 48),
    directorySector: isDirectoryAtEnd ? undefined : u64le(sector, 56),
    overheadSectors: u64le(sector, 64),
    newlineTest: sector.toString("latin1", 73, 77),
    compression: sector.readUInt16LE(77),
  };
}

/** @throws GiveUp `unsupported-version`, `corrupt`, `bad-header`, `unsupported-compression` */
export function checkHeader(header: SparseHeader): void {
  if (header.version < 1 || header.version > 3) {
    throw refusal("unsupported-version", `VMDK version ${header.version}`, {
      version: header.version,
    });
  }
  // A transfer in text mode would have changed these four characters.
  if ((header.flags & FLAG_NEWLINE_TEST) !== 0 && header.newlineTest !== "\n \r\n") {
    throw refusal("corrupt", "the VMDK was damaged by a transfer that changed its line ends");
  }
  const { grainSectors } = header;
  if (grainSectors < 8 || grainSectors > 2048 || !Number.isInteger(Math.log2(grainSectors))) {
    throw refusal("bad-header", `VMDK grains of ${grainSectors} sectors`, { grainSectors });
  }
  if (header.entriesPerTable !== 512) {
    throw refusal("bad-header", `VMDK grain tables of ${header.entriesPerTable} entries`);
  }
  const isCompressed = (header.flags & FLAG_COMPRESSED) !== 0;
  if (isCompressed && header.compression !== COMPRESSION_DEFLATE) {
    throw refusal("unsupported-compression", `VMDK compression ${header.compression}`);
  }
  // qemu goes by the second of the two, others by the first.
  if (!isCompressed && header.compression !== 0) {
    throw refusal("bad-header", "the VMDK has a compression, and a flag that says it has none");
  }
}

/** How many grain tables the disk needs; so many entries has a grain directory. */
export function tableCount({
  capacitySectors,
  grainSectors,
  entriesPerTable,
}: SparseHeader): number {
  return Math.ceil(capacitySectors / (grainSectors * entriesPerTable));
}

/** What qemu looks at before it opens an extent, though none of it matters for reading. @throws GiveUp `truncated` */
export function checkOverhead(header: SparseHeader, fileBytes: number): void {
  const { flags, overheadSectors, redundantDirectorySector: start } = header;
  const end = (flags & FLAG_REDUNDANT_TABLES) === 0 ? 0 : start * SECTOR + tableCount(header) * 4;
  if (Math.max(end, overheadSectors * SECTOR) > fileBytes) {
    throw refusal(
      "truncated",
      `the VMDK has tables up to ${Math.max(end, overheadSectors * SECTOR)}, but only ${fileBytes} bytes`,
      { fileBytes },
    );
  }
}
