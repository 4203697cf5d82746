import { u64le, type Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";
import {
  FLAG_MARKERS,
  FLAG_REDUNDANT_TABLES,
  parseHeader,
  SECTOR,
  type SparseHeader,
} from "./vmdk-header.ts";

/** Footer marker, footer and end of stream, at the end of a file: a sector each. */
export const FOOTER_BYTES = 3 * SECTOR;

/**
 * A stream has its directory at the end: footer marker, footer (a copy of the header with the place of the directory), end of
 * stream. qemu believes the footer in everything, and others the header, so they must be the same in everything but this place;
 * and in this as well when the header has it.
 * @returns undefined when there is no footer, and none is needed
 * @throws GiveUp `truncated`, `corrupt`
 */
export async function readFooter(
  reader: Reader,
  header: SparseHeader,
): Promise<SparseHeader | undefined> {
  const isNeeded = header.directorySector === undefined;
  const isCutOff = (header.directorySector ?? 0) * SECTOR >= reader.size; // which is told later
  if (!isNeeded && (isCutOff || (header.flags & FLAG_MARKERS) === 0)) {
    return undefined;
  }
  // Otherwise qemu, which counts in whole sectors, would look for the footer in another place.
  if (isNeeded && reader.size % SECTOR !== 0) {
    throw refusal("truncated", `a VMDK stream of ${reader.size} bytes, which are no whole sectors`);
  }
  const bytes = await reader.read(Math.max(0, reader.size - FOOTER_BYTES), FOOTER_BYTES);
  if (!isFooter(bytes)) {
    if (!isNeeded) {
      return undefined;
    }
    throw refusal(
      "truncated",
      "the end of the VMDK stream, which says where its tables are, is missing",
    );
  }
  const footer = parseHeader(bytes.subarray(SECTOR, 2 * SECTOR));
  for (const field of comparedFields(header)) {
    if (footer[field] !== header[field]) {
      throw refusal(
        "corrupt",
        `the VMDK's header says ${field} ${header[field]}, its footer ${footer[field]}`,
      );
    }
  }
  if (footer.directorySector === undefined) {
    throw refusal("corrupt", "the VMDK's footer does not say where its tables are");
  }
  return footer;
}

const MAGIC = "KDMV";
const MARKER_FOOTER = 3;
const MARKER_END_OF_STREAM = 0;
const AT_END = 2 ** 64; // in the header: the footer tells it

function comparedFields(header: SparseHeader): readonly (keyof SparseHeader)[] {
  const hasSecond =
    (header.flags & FLAG_REDUNDANT_TABLES) !== 0 && header.redundantDirectorySector !== AT_END;
  return [
    "version",
    "flags",
    "capacitySectors",
    "grainSectors",
    "entriesPerTable",
    "compression",
    "descriptorSector",
    "descriptorSectors",
    ...(header.directorySector === undefined ? [] : (["directorySector"] as const)),
    ...(hasSecond ? (["redundantDirectorySector"] as const) : []),
  ];
}

function isFooter(bytes: Buffer): boolean {
  return (
    bytes.length === FOOTER_BYTES &&
    hasMarker(bytes, 0, MARKER_FOOTER) &&
    hasMarker(bytes, 2 * SECTOR, MARKER_END_OF_STREAM) &&
    u64le(bytes, 2 * SECTOR) === 0 &&
    bytes.toString("latin1", SECTOR, SECTOR + 4) === MAGIC
  );
}

/** A marker: a number of 8 bytes, the size of what follows, 0 for all but grains, and a type. */
function hasMarker(bytes: Buffer, at: number, type: number): boolean {
  return bytes.readUInt32LE(at + 8) === 0 && bytes.readUInt32LE(at + 12) === type;
}
