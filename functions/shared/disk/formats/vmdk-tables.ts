import { readExactly, tablePieces, type Range, type Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";
import type { UsedPlaces } from "./used-places.ts";
import { FLAG_REDUNDANT_TABLES, SECTOR, tableCount, type SparseHeader } from "./vmdk-header.ts";

const ENTRY_BYTES = 4;

/**
 * The grain tables, one after another, as the grain directory names them. Where there is a second directory with tables of its own,
 * it must tell the same: readers believe either of them.
 * @throws GiveUp `corrupt`, `truncated`
 */
export async function* grainTables(
  reader: Reader,
  header: SparseHeader,
  directorySector: number,
  places: UsedPlaces,
): AsyncGenerator<Buffer> {
  const directory = directoryAt(directorySector, header);
  const spare = redundantDirectory(header, directorySector);
  places.take("metadata", directory);
  if (spare !== undefined) {
    places.take("metadata", spare);
  }
  let done = 0;
  for await (const piece of tablePieces(reader, directory, "the VMDK grain directory")) {
    const range = { offset: (spare ?? directory).offset + done, size: piece.length };
    const others =
      spare === undefined
        ? piece
        : await readExactly(reader, range, "the VMDK's second grain directory");
    done += piece.length;
    for (let at = 0; at < piece.length; at += ENTRY_BYTES) {
      const sector = piece.readUInt32LE(at);
      const other = others.readUInt32LE(at);
      const table = sector === 0 ? undefined : await readTable(reader, header, sector, places);
      if (other !== sector) {
        const copy = other === 0 ? undefined : await readTable(reader, header, other, places);
        if (table === undefined || copy === undefined || !copy.equals(table)) {
          throw refusal("corrupt", "the VMDK's two grain directories differ", { sector, other });
        }
      }
      if (table !== undefined) {
        yield table;
      }
    }
  }
}

/** Some writers give the place of the first directory for the second. */
function redundantDirectory(header: SparseHeader, directorySector: number): Range | undefined {
  const { flags, redundantDirectorySector: sector } = header;
  const isThere = (flags & FLAG_REDUNDANT_TABLES) !== 0 && sector !== 0;
  return isThere && sector !== directorySector ? directoryAt(sector, header) : undefined;
}

function directoryAt(sector: number, header: SparseHeader): Range {
  return { offset: sector * SECTOR, size: tableCount(header) * ENTRY_BYTES };
}

async function readTable(
  reader: Reader,
  { entriesPerTable }: SparseHeader,
  sector: number,
  places: UsedPlaces,
): Promise<Buffer> {
  const range = { offset: sector * SECTOR, size: entriesPerTable * ENTRY_BYTES };
  places.take("table", range);
  return readExactly(reader, range, "a VMDK grain table");
}
