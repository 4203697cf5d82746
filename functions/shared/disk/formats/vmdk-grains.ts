import { checkExpansion, type GrainLayout } from "../limits.ts";
import { readExactly, tablePieces, type Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";
import { SECTOR, type SparseHeader } from "./vmdk-header.ts";

const ENTRY_BYTES = 4;
const FLAG_ZEROED_GRAINS = 4;
const FLAG_COMPRESSED = 0x1_0000;
const FLAG_MARKERS = 0x2_0000;
const ZEROED_GRAIN = 1;

/**
 * Follows the grain directory and the grain tables to every grain.
 * @returns how many bytes of the guest's disk hold data
 * @throws GiveUp `bad-header`, `corrupt`, `truncated`, `expansion`
 */
export async function measureGrains(
  reader: Reader,
  header: SparseHeader,
  directorySector: number,
  signal: AbortSignal,
): Promise<number> {
  const { grainSectors, entriesPerTable, capacitySectors } = header;
  const grainBytes = grainSectors * SECTOR;
  const size = entriesPerTable * ENTRY_BYTES;
  const tables = Math.ceil(capacitySectors / (grainSectors * entriesPerTable));
  const isCompressed = (header.flags & FLAG_COMPRESSED) !== 0;
  const directory = { offset: directorySector * SECTOR, size: tables * ENTRY_BYTES };
  let bytes = 0;
  let tableBytes = 0;
  for await (const piece of tablePieces(reader, directory, "the VMDK grain directory")) {
    for (let at = 0; at < piece.length; at += ENTRY_BYTES) {
      const offset = piece.readUInt32LE(at) * SECTOR;
      if (offset === 0) {
        continue;
      }
      signal.throwIfAborted();
      const table = await readExactly(reader, { offset, size }, "a VMDK grain table");
      bytes += countGrains(table, header.flags, directorySector, reader.size) * grainBytes;
      tableBytes += size;
      const [plainBytes, compressedBytes] = isCompressed ? [0, bytes] : [bytes, 0];
      checkExpansion({ plainBytes, compressedBytes, tableBytes }, reader.size, grainBytes);
    }
  }
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

function countGrains(
  table: Buffer,
  flags: number,
  directorySector: number,
  fileBytes: number,
): number {
  let count = 0;
  for (let at = 0; at < table.length; at += ENTRY_BYTES) {
    const sector = table.readUInt32LE(at);
    if (sector === 0 || (sector === ZEROED_GRAIN && (flags & FLAG_ZEROED_GRAINS) !== 0)) {
      continue;
    }
    if (sector === ZEROED_GRAIN || sector === directorySector) {
      throw refusal("corrupt", `a VMDK grain cannot be in sector ${sector}`, { sector });
    }
    if (sector * SECTOR >= fileBytes) {
      throw refusal(
        "truncated",
        `the VMDK has data in sector ${sector}, but only ${fileBytes} bytes`,
        { sector, fileBytes },
      );
    }
    count += 1;
  }
  return count;
}
