import { checkExpansion, type Mapped } from "../limits.ts";
import { readExactly, tablePieces, type Range, type Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";
import type { Qcow2Header } from "./qcow2-header.ts";
import type { UsedPlaces } from "./used-places.ts";

/**
 * Follows the level 1 and level 2 tables to every cluster.
 * @param places has the tables that the header names
 * @returns how many bytes of the guest's disk hold data
 * @throws GiveUp `corrupt`, `truncated`, `expansion`
 */
export async function measureClusters(
  reader: Reader,
  header: Qcow2Header,
  places: UsedPlaces,
  signal: AbortSignal,
): Promise<number> {
  const { clusterBytes, l1Offset, l1Entries } = header;
  const mapped = { plainBytes: 0, compressedBytes: 0, tableBytes: 0 };
  const l1 = { offset: l1Offset, size: l1Entries * L1_ENTRY_BYTES };
  for await (const piece of tablePieces(reader, l1, "the level 1 table")) {
    for (let at = 0; at < piece.length; at += L1_ENTRY_BYTES) {
      const l2Offset = placeOf(piece, at);
      if (l2Offset === 0) {
        continue;
      }
      signal.throwIfAborted();
      const data = await measureTable(reader, header, l2Offset, places);
      mapped.plainBytes += data.plainBytes;
      mapped.compressedBytes += data.compressedBytes;
      mapped.tableBytes += clusterBytes;
      checkExpansion(mapped, reader.size, clusterBytes);
    }
  }
  places.check();
  return mapped.plainBytes + mapped.compressedBytes;
}

const L1_ENTRY_BYTES = 8;
const COMPRESSED = 0x40; // bit 62 of an entry
const SECTOR = 512;

async function measureTable(
  reader: Reader,
  header: Qcow2Header,
  offset: number,
  places: UsedPlaces,
): Promise<Pick<Mapped, "plainBytes" | "compressedBytes">> {
  const { clusterBytes } = header;
  if (offset % clusterBytes !== 0 || offset >= reader.size) {
    throw refusal(
      "corrupt",
      `a qcow2 level 2 table cannot be at ${offset} in a file of ${reader.size} bytes`,
      { l2Offset: offset },
    );
  }
  const range = { offset, size: clusterBytes };
  places.take("table", range);
  const table = await readExactly(reader, range, "a level 2 table");
  let plainBytes = 0;
  let compressedBytes = 0;
  for (let at = 0; at < clusterBytes; at += header.extendedL2 ? 16 : 8) {
    if ((table.readUInt8(at) & COMPRESSED) !== 0) {
      compressedBytes += clusterBytes;
      const packed = compressedPlaceOf(table, at, header.clusterBits);
      checkPlace(packed.offset, reader.size);
      places.take("packed", packed);
    } else if (placeOf(table, at) !== 0) {
      plainBytes += clusterBytes;
      checkCluster(placeOf(table, at), header, reader.size);
      places.take("data", { offset: placeOf(table, at), size: clusterBytes });
    }
  }
  return { plainBytes, compressedBytes };
}

function checkCluster(offset: number, { clusterBytes }: Qcow2Header, fileBytes: number): void {
  if (offset % clusterBytes !== 0) {
    throw refusal("corrupt", `a qcow2 cluster cannot be at ${offset}`, { offset });
  }
  checkPlace(offset, fileBytes);
}

// Writers may leave the last cluster short (what is missing reads as zeros), so only its start must be there.
function checkPlace(offset: number, fileBytes: number): void {
  if (offset >= fileBytes) {
    throw refusal(
      "truncated",
      `the qcow2 image has data at ${offset}, but only ${fileBytes} bytes`,
      { offset, fileBytes },
    );
  }
}

/** Bits 9 to 55 of an entry of 64 bits. */
function placeOf(table: Buffer, at: number): number {
  return (
    (table.readUInt32BE(at) & 0x00ffffff) * 2 ** 32 +
    ((table.readUInt32BE(at + 4) & 0xfffffe00) >>> 0)
  );
}

/**
 * In the entry of a compressed cluster, the lowest 62 - (cluster bits - 8) bits are the place, to the byte, and the others above
 * tell how many sectors it touches besides the first.
 */
function compressedPlaceOf(table: Buffer, at: number, clusterBits: number): Range {
  const highBits = 62 - (clusterBits - 8) - 32;
  const high = table.readUInt32BE(at) & 0x3fff_ffff;
  const offset = (high & (2 ** highBits - 1)) * 2 ** 32 + table.readUInt32BE(at + 4);
  const sectors = (high >>> highBits) + 1;
  return { offset, size: sectors * SECTOR - (offset % SECTOR) };
}
