import { checkExpansion } from "../limits.ts";
import { readExactly, type Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";
import type { Qcow2Header } from "./qcow2.ts";

/**
 * Follows the level 1 and level 2 tables to every cluster.
 * @returns how many bytes of the guest's disk hold data
 * @throws GiveUp `corrupt`, `truncated`, `expansion`
 */
export async function measureClusters(
  reader: Reader,
  header: Qcow2Header,
  signal: AbortSignal,
): Promise<number> {
  const { clusterBytes } = header;
  const entryBytes = header.extendedL2 ? 16 : 8;
  const l1 = await readExactly(
    reader,
    { offset: header.l1Offset, size: header.l1Entries * 8 },
    "the level 1 table",
  );
  const seen = new Set<number>();
  let plain = 0;
  let compressed = 0;
  for (let index = 0; index < header.l1Entries; index += 1) {
    const l2Offset = placeOf(l1, index * 8);
    if (l2Offset === 0) {
      continue;
    }
    if (l2Offset % clusterBytes !== 0 || l2Offset >= reader.size) {
      throw refusal(
        "corrupt",
        `a qcow2 level 2 table cannot be at ${l2Offset} in a file of ${reader.size} bytes`,
        {
          l2Offset,
        },
      );
    }
    if (seen.has(l2Offset)) {
      throw refusal(
        "expansion",
        `one qcow2 level 2 table, at ${l2Offset}, is used for several parts of the disk`,
        { l2Offset },
      );
    }
    seen.add(l2Offset);
    signal.throwIfAborted();
    const l2 = await readExactly(
      reader,
      { offset: l2Offset, size: clusterBytes },
      "a level 2 table",
    );
    for (let at = 0; at < clusterBytes; at += entryBytes) {
      if ((l2.readUInt8(at) & 0x40) !== 0) {
        compressed += clusterBytes;
        checkPlace(compressedPlaceOf(l2, at, header.clusterBits), reader.size);
      } else if (placeOf(l2, at) !== 0) {
        plain += clusterBytes;
        checkCluster(placeOf(l2, at), header, reader.size);
      }
    }
  }
  checkExpansion(plain, compressed, reader.size, clusterBytes);
  return plain + compressed;
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

/** In the entry of a compressed cluster, the lowest 62 - (cluster bits - 8) bits are the place, to the byte. */
function compressedPlaceOf(table: Buffer, at: number, clusterBits: number): number {
  const highBits = 62 - (clusterBits - 8) - 32;
  return (table.readUInt32BE(at) & (2 ** highBits - 1)) * 2 ** 32 + table.readUInt32BE(at + 4);
}
