import { checkVirtualSize, type Disk, type Limits } from "../limits.ts";
import { readExactly, u64le, windowOf, type Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";
import { checkEmbeddedDescriptor } from "./vmdk-descriptor.ts";
import { compressedGrains, measureGrains } from "./vmdk-grains.ts";
import {
  checkHeader,
  checkOverhead,
  parseHeader,
  SECTOR,
  type SparseHeader,
} from "./vmdk-header.ts";

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
  const createType = checkEmbeddedDescriptor(await readDescriptor(reader, header), limits);
  const tables = header.directorySector === undefined ? await readFooter(reader, header) : header;
  if (tables.directorySector === undefined) {
    throw refusal("corrupt", "the VMDK's footer does not say where its tables are");
  }
  checkOverhead(tables, reader.size);
  const dataBytes = await measureGrains(reader, tables, tables.directorySector, signal);
  const grains = compressedGrains(tables, tables.directorySector);
  return {
    subformat: createType,
    virtualSizeBytes: header.capacitySectors * SECTOR,
    dataBytes,
    ...(grains === undefined ? {} : { grains }),
  };
}

const MAGIC = "KDMV";
const DESCRIPTOR_SECTOR = 1;
const MAX_DESCRIPTOR_SECTORS = 128; // writers reserve 20
const QEMU_DESCRIPTOR_SECTORS = 20; // block/vmdk.c, DESC_SIZE
const MARKER_FOOTER = 3;
const MARKER_END_OF_STREAM = 0;

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
  // qemu reads this much whatever the header says; a name in there counts.
  const sectors = Math.max(descriptorSectors, QEMU_DESCRIPTOR_SECTORS);
  const bytes = await reader.read(descriptorSector * SECTOR, sectors * SECTOR);
  const end = bytes.indexOf(0);
  return bytes.toString("latin1", 0, end === -1 ? bytes.length : end);
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
  const isMarked =
    hasMarker(bytes, 0, MARKER_FOOTER) &&
    hasMarker(bytes, 2 * SECTOR, MARKER_END_OF_STREAM) &&
    u64le(bytes, 2 * SECTOR) === 0;
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
  return footer;
}

/** A marker: a number of 8 bytes, the size of what follows, 0 for all but grains, and a type. */
function hasMarker(bytes: Buffer, at: number, type: number): boolean {
  return bytes.readUInt32LE(at + 8) === 0 && bytes.readUInt32LE(at + 12) === type;
}
