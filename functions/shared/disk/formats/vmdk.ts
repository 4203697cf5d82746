import { checkVirtualSize, type Disk, type Limits } from "../limits.ts";
import { readExactly, type Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";
import { UsedPlaces } from "./used-places.ts";
import { checkEmbeddedDescriptor } from "./vmdk-descriptor.ts";
import { FOOTER_BYTES, readFooter } from "./vmdk-footer.ts";
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
  const footer = await readFooter(reader, header);
  const tables = footer ?? header;
  const { directorySector = 0 } = tables; // it is there: a footer has it, or the header does without
  checkOverhead(tables, reader.size);
  const places = new UsedPlaces(reader.size, SECTOR);
  takeHeaders(header, footer, reader.size, places);
  const dataBytes = await measureGrains(reader, tables, directorySector, places, signal);
  const grains = compressedGrains(tables, directorySector);
  return {
    subformat: createType,
    virtualSizeBytes: header.capacitySectors * SECTOR,
    dataBytes,
    ...(grains === undefined ? {} : { grains }),
  };
}

const DESCRIPTOR_SECTOR = 1;
const MAX_DESCRIPTOR_SECTORS = 128; // writers reserve 20
const QEMU_DESCRIPTOR_SECTORS = 20; // block/vmdk.c, DESC_SIZE

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

function takeHeaders(
  { descriptorSector, descriptorSectors }: SparseHeader,
  footer: SparseHeader | undefined,
  fileBytes: number,
  places: UsedPlaces,
): void {
  places.take("metadata", { offset: 0, size: SECTOR });
  const size = descriptorSectors * SECTOR;
  places.take("metadata", { offset: descriptorSector * SECTOR, size });
  if (footer !== undefined) {
    places.take("metadata", { offset: fileBytes - FOOTER_BYTES, size: FOOTER_BYTES });
  }
}
