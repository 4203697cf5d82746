import { checkExpansion, type GrainLayout } from "../limits.ts";
import type { Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";
import type { UsedPlaces } from "./used-places.ts";
import { FLAG_MARKERS, SECTOR, type SparseHeader } from "./vmdk-header.ts";
import { grainTables } from "./vmdk-tables.ts";

const ENTRY_BYTES = 4;
const FLAG_ZEROED_GRAINS = 4;
const FLAG_COMPRESSED = 0x1_0000;
const ZEROED_GRAIN = 1;

/**
 * Follows the grain directory and the grain tables to every grain.
 * @param places has what the header names
 * @returns how many bytes of the guest's disk hold data
 * @throws GiveUp `bad-header`, `corrupt`, `truncated`, `expansion`
 */
export async function measureGrains(
  reader: Reader,
  header: SparseHeader,
  directorySector: number,
  places: UsedPlaces,
  signal: AbortSignal,
): Promise<number> {
  const grainBytes = header.grainSectors * SECTOR;
  const isCompressed = (header.flags & FLAG_COMPRESSED) !== 0;
  let bytes = 0;
  let tableBytes = 0;
  for await (const table of grainTables(reader, header, directorySector, places)) {
    signal.throwIfAborted();
    bytes += takeGrains(table, header, places, reader.size) * grainBytes;
    tableBytes += table.length;
    const [plainBytes, compressedBytes] = isCompressed ? [0, bytes] : [bytes, 0];
    checkExpansion({ plainBytes, compressedBytes, tableBytes }, reader.size, grainBytes);
  }
  places.check();
  return bytes;
}

/**
 * Where the grains are, when each is a zlib stream with a marker before it that tells its length. Compressed grains without
 * markers exist on paper only; qemu takes them.
 */
export function compressedGrains(
  { flags, grainSectors, entriesPerTable }: SparseHeader,
  directorySector: number,
): GrainLayout | undefined {
  const wanted = FLAG_COMPRESSED | FLAG_MARKERS;
  if ((flags & wanted) !== wanted) {
    return undefined;
  }
  return {
    directoryOffset: directorySector * SECTOR,
    grainBytes: grainSectors * SECTOR,
    entriesPerTable,
    hasZeroedGrains: (flags & FLAG_ZEROED_GRAINS) !== 0,
  };
}

/**
 * How long a compressed grain is, its marker tells, which is not read here: its first sector stands for it.
 * @returns how many grains there are
 */
function takeGrains(
  table: Buffer,
  { flags, grainSectors }: SparseHeader,
  places: UsedPlaces,
  fileBytes: number,
): number {
  const size = (flags & FLAG_COMPRESSED) === 0 ? grainSectors * SECTOR : SECTOR;
  let count = 0;
  for (let at = 0; at < table.length; at += ENTRY_BYTES) {
    const sector = table.readUInt32LE(at);
    if (sector === 0 || (sector === ZEROED_GRAIN && (flags & FLAG_ZEROED_GRAINS) !== 0)) {
      continue;
    }
    if (sector * SECTOR >= fileBytes) {
      throw refusal(
        "truncated",
        `the VMDK has data in sector ${sector}, but only ${fileBytes} bytes`,
        { sector, fileBytes },
      );
    }
    places.take("data", { offset: sector * SECTOR, size });
    count += 1;
  }
  return count;
}
