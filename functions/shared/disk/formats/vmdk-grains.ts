import { checkExpansion } from "../limits.ts";
import { readExactly, type Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";
import type { SparseHeader } from "./vmdk.ts";

const SECTOR = 512;
const FLAG_ZEROED_GRAINS = 4;
const FLAG_COMPRESSED = 0x1_0000;
const ZEROED_GRAIN = 1;

/**
 * Follows the grain directory and the grain tables to every grain.
 * @returns how many bytes of the guest's disk hold data
 * @throws GiveUp `bad-header`, `corrupt`, `truncated`, `expansion`
 */
export async function measureGrains(
  reader: Reader,
  header: SparseHeader,
  signal: AbortSignal,
): Promise<number> {
  const grainBytes = header.grainSectors * SECTOR;
  const tableBytes = header.entriesPerTable * 4;
  const grains = Math.ceil(header.capacitySectors / header.grainSectors);
  const directory = await readExactly(
    reader,
    {
      offset: header.directorySector * SECTOR,
      size: Math.ceil(grains / header.entriesPerTable) * 4,
    },
    "the VMDK grain directory",
  );
  const seen = new Set<number>();
  let count = 0;
  for (let at = 0; at < directory.length; at += 4) {
    const tableSector = directory.readUInt32LE(at);
    if (tableSector === 0) {
      continue;
    }
    if (seen.has(tableSector)) {
      throw refusal(
        "expansion",
        `one VMDK grain table, in sector ${tableSector}, is used for several parts of the disk`,
      );
    }
    seen.add(tableSector);
    signal.throwIfAborted();
    const table = await readExactly(
      reader,
      { offset: tableSector * SECTOR, size: tableBytes },
      "a VMDK grain table",
    );
    count += countGrains(table, header, reader.size);
  }
  const isCompressed = (header.flags & FLAG_COMPRESSED) !== 0;
  const bytes = count * grainBytes;
  checkExpansion(isCompressed ? 0 : bytes, isCompressed ? bytes : 0, reader.size, grainBytes);
  return bytes;
}

function countGrains(
  table: Buffer,
  { flags, directorySector }: SparseHeader,
  fileBytes: number,
): number {
  let count = 0;
  for (let at = 0; at < table.length; at += 4) {
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
