import { checkVirtualSize, type Disk, type Limits } from "../limits.ts";
import { readExactly, u64le, windowOf, type Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";
import { checkEmbeddedDescriptor } from "./vmdk-descriptor.ts";
import { measureGrains } from "./vmdk-grains.ts";

/**
 * Checks a VMDK that is one sparse extent with its descriptor inside: monolithicSparse and streamOptimized (VMware's
 * "Virtual Disk Format 5.0"; qemu block/vmdk.c).
 * @throws GiveUp with the reason
 */
export async function inspectVmdk(
  reader: Reader,
  limits: Limits,
  signal: AbortSignal,
): Promise<Disk> {
  const header = parseHeader(
    await readExactly(reader, { offset: 0, size: SECTOR }, "the VMDK header"),
  );
  checkHeader(header);
  checkVirtualSize(header.capacitySectors * SECTOR, limits);
  const createType = checkEmbeddedDescriptor(await readDescriptor(reader, header));
  const tables =
    header.directorySector === DIRECTORY_AT_END ? await readFooter(reader, header) : header;
  const dataBytes = await measureGrains(reader, tables, signal);
  return { subformat: createType, virtualSizeBytes: header.capacitySectors * SECTOR, dataBytes };
}

/** The fields of a sparse extent's header that the checks need. */
export interface SparseHeader {
  readonly version: number;
  readonly flags: number;
  readonly capacitySectors: number;
  readonly grainSectors: number;
  readonly descriptorSector: number;
  readonly descriptorSectors: number;
  readonly entriesPerTable: number;
  readonly directorySector: number;
  readonly newlineTest: string;
  readonly compression: number;
}

const SECTOR = 512;
const MAGIC = "KDMV";
const DIRECTORY_AT_END = 2 ** 64; // all bits set, as `u64le` rounds it
const FLAG_NEWLINE_TEST = 1;
const FLAG_COMPRESSED = 0x1_0000;
const COMPRESSION_DEFLATE = 1;
const DESCRIPTOR_SECTOR = 1;
const MAX_DESCRIPTOR_SECTORS = 128; // writers reserve 20
const MARKER_FOOTER = 3;

function parseHeader(sector: Buffer): SparseHeader {
  return {
    version: sector.readUInt32LE(4),
    flags: sector.readUInt32LE(8),
    capacitySectors: u64le(sector, 12),
    grainSectors: u64le(sector, 20),
    descriptorSector: u64le(sector, 28),
    descriptorSectors: u64le(sector, 36),
    entriesPerTable: sector.readUInt32LE(44),
    directorySector: u64le(sector, 56),
    newlineTest: sector.toString("latin1", 73, 77),
    compression: sector.readUInt16LE(77),
  };
}

function checkHeader(header: SparseHeader): void {
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
  if ((header.flags & FLAG_COMPRESSED) !== 0 && header.compression !== COMPRESSION_DEFLATE) {
    throw refusal("unsupported-compression", `VMDK compression ${header.compression}`);
  }
}

async function readDescriptor(
  reader: Reader,
  { descriptorSector, descriptorSectors }: SparseHeader,
): Promise<string> {
  if (descriptorSector === 0 || descriptorSectors === 0) {
    throw refusal(
      "unsupported-subformat",
      "the VMDK is an extent of another file: its descriptor is missing",
    );
  }
  // qemu reads the parent's name from here whatever the header says (block/vmdk.c, vmdk_parent_open).
  if (descriptorSector !== DESCRIPTOR_SECTOR) {
    throw refusal("bad-header", `a VMDK descriptor in sector ${descriptorSector}`, {
      descriptorSector,
    });
  }
  if (descriptorSectors > MAX_DESCRIPTOR_SECTORS) {
    throw refusal("bad-header", `a VMDK descriptor of ${descriptorSectors} sectors`, {
      descriptorSectors,
    });
  }
  const range = { offset: descriptorSector * SECTOR, size: descriptorSectors * SECTOR };
  const bytes = await readExactly(reader, range, "the VMDK descriptor");
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end === -1 ? bytes.length : end);
}

/**
 * A stream has its directory at the end: footer marker, footer (a copy of the header with the place of the directory), end of
 * stream, one sector each. qemu believes the footer in everything, so it must be the same in everything else.
 */
async function readFooter(reader: Reader, header: SparseHeader): Promise<SparseHeader> {
  // Otherwise qemu, which counts in whole sectors, would look for the footer in another place.
  if (reader.size % SECTOR !== 0) {
    throw refusal("truncated", `a VMDK stream of ${reader.size} bytes, which are no whole sectors`);
  }
  const end = windowOf(reader, { offset: Math.max(0, reader.size - 3 * SECTOR), size: 3 * SECTOR });
  const bytes = await readExactly(end, { offset: 0, size: 3 * SECTOR }, "the VMDK footer");
  const isMarked = bytes.readUInt32LE(12) === MARKER_FOOTER && bytes.readUInt32LE(8) === 0;
  if (!isMarked || bytes.toString("latin1", SECTOR, SECTOR + 4) !== MAGIC) {
    throw refusal(
      "truncated",
      "the end of the VMDK stream, which says where its tables are, is missing",
    );
  }
  const footer = parseHeader(bytes.subarray(SECTOR, 2 * SECTOR));
  for (const field of [
    "version",
    "flags",
    "capacitySectors",
    "grainSectors",
    "entriesPerTable",
    "compression",
  ] as const) {
    if (footer[field] !== header[field]) {
      throw refusal(
        "corrupt",
        `the VMDK's header says ${field} ${header[field]}, its footer ${footer[field]}`,
      );
    }
  }
  if (footer.directorySector === DIRECTORY_AT_END) {
    throw refusal("corrupt", "the VMDK's footer does not say where its tables are");
  }
  return footer;
}
