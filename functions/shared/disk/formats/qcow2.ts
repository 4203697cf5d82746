import { checkVirtualSize, type Disk, type Limits } from "../limits.ts";
import { tablePieces, u64be, type Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";
import { checkBitmaps } from "./qcow2-bitmaps.ts";
import { measureClusters } from "./qcow2-clusters.ts";
import { checkExtensions } from "./qcow2-extensions.ts";
import { readHeader, type Qcow2Header } from "./qcow2-header.ts";
import { checkSnapshots } from "./qcow2-snapshots.ts";
import { UsedPlaces } from "./used-places.ts";

/**
 * Checks a qcow2 image, version 2 or 3 (qemu docs/interop/qcow2.txt), so far that qemu-img can open nothing but this file.
 * @throws GiveUp with the reason
 */
export async function inspectQcow2(
  reader: Reader,
  limits: Limits,
  signal: AbortSignal,
): Promise<Disk> {
  const header = await readHeader(reader);
  checkReferences(header);
  checkConsistency(header);
  const bitmaps = await checkExtensions(reader, header);
  checkVirtualSize(header.virtualSizeBytes, limits);
  checkTables(header, reader.size);
  const places = new UsedPlaces(reader.size, header.clusterBytes);
  await takeTables(reader, header, places);
  await checkSnapshots(reader, header, places);
  if (bitmaps !== undefined && header.hasBitmaps) {
    await checkBitmaps(reader, header, bitmaps, places);
  }
  const dataBytes = await measureClusters(reader, header, places, signal);
  return { subformat: `v${header.version}`, virtualSizeBytes: header.virtualSizeBytes, dataBytes };
}

const INCOMPATIBLE_CORRUPT = 2;
const INCOMPATIBLE_DATA_FILE = 4;
const INCOMPATIBLE_COMPRESSION = 8;
const COMPRESSION_ZSTD = 1;
const MIN_EXTENDED_CLUSTER_BYTES = 16_384; // 32 parts of a sector
// All five of qemu 11: with 1, dirty (refcounts may be stale, which a reader does not care about), and 8, compression type.
const INCOMPATIBLE_KNOWN = 31;
const MAX_L1_BYTES = 32 * 2 ** 20; // qemu: QCOW_MAX_L1_SIZE
const MAX_REFCOUNT_TABLE_BYTES = 8 * 2 ** 20; // qemu: QCOW_MAX_REFTABLE_SIZE

/** Whatever makes qemu-img open another file, and features that nobody has told us about. */
function checkReferences(header: Qcow2Header): void {
  const { backingOffset, incompatible, encryption, hasRawDataFile } = header;
  if (backingOffset !== 0) {
    throw refusal("backing-file", "the qcow2 image is a layer on top of another file");
  }
  if ((incompatible.low & INCOMPATIBLE_DATA_FILE) !== 0 || hasRawDataFile) {
    throw refusal("external-data-file", "the qcow2 image keeps its data in another file");
  }
  if (encryption !== 0) {
    throw refusal("encrypted", "the qcow2 image is encrypted", { method: encryption });
  }
  if (incompatible.high !== 0 || (incompatible.low & ~INCOMPATIBLE_KNOWN) !== 0) {
    throw refusal(
      "unknown-feature",
      "the qcow2 image has a feature that must be understood and is not known",
    );
  }
  if ((incompatible.low & INCOMPATIBLE_CORRUPT) !== 0) {
    throw refusal("corrupt", "the qcow2 image is marked as corrupt");
  }
}

/** Fields that must fit each other, or qemu-img does not open the image. */
function checkConsistency({ incompatible, compressionType, ...header }: Qcow2Header): void {
  if (compressionType > COMPRESSION_ZSTD) {
    throw refusal("unsupported-compression", `qcow2 compression ${compressionType}`);
  }
  if ((compressionType !== 0) !== ((incompatible.low & INCOMPATIBLE_COMPRESSION) !== 0)) {
    throw refusal("bad-header", "the qcow2 image's compression and the feature bit for it differ");
  }
  if (header.extendedL2 && header.clusterBytes < MIN_EXTENDED_CLUSTER_BYTES) {
    throw refusal(
      "bad-header",
      `qcow2 clusters of ${header.clusterBytes} bytes, too small for parts`,
    );
  }
  if (header.virtualSizeBytes % 512 !== 0) {
    throw refusal(
      "bad-header",
      `a qcow2 disk of ${header.virtualSizeBytes} bytes, which are no whole sectors`,
    );
  }
}

function checkTables(header: Qcow2Header, fileBytes: number): void {
  const { clusterBytes, l1Entries, l1Offset, refcountTableOffset, refcountTableBytes } = header;
  const entriesNeeded = Math.ceil(
    header.virtualSizeBytes / (clusterBytes * (clusterBytes / (header.extendedL2 ? 16 : 8))),
  );
  if (l1Entries < entriesNeeded) {
    throw refusal(
      "bad-header",
      `a qcow2 level 1 table of ${l1Entries} entries where ${entriesNeeded} are needed`,
    );
  }
  // Room for a saved machine state behind the disk, and for a disk that was made smaller.
  if (l1Entries * 8 > MAX_L1_BYTES || l1Entries > 4 * entriesNeeded + 4096) {
    throw refusal(
      "table-limit",
      `a qcow2 level 1 table of ${l1Entries} entries where ${entriesNeeded} are needed`,
    );
  }
  if (refcountTableBytes > MAX_REFCOUNT_TABLE_BYTES || refcountTableBytes > fileBytes) {
    throw refusal(
      "table-limit",
      `a qcow2 refcount table of ${refcountTableBytes} bytes in a file of ${fileBytes}`,
    );
  }
  for (const [name, offset, bytes] of [
    ["level 1", l1Offset, l1Entries * 8],
    ["refcount", refcountTableOffset, refcountTableBytes],
  ] as const) {
    const isPlaced = offset >= clusterBytes && offset % clusterBytes === 0;
    if (!isPlaced || bytes === 0 || offset + bytes > fileBytes) {
      throw refusal(
        "bad-header",
        `the qcow2 ${name} table cannot be at ${offset} in a file of ${fileBytes} bytes`,
      );
    }
  }
}

/** What the header names, and the blocks of reference counts: qemu-img does not need these to read the disk, but nothing may be there. */
async function takeTables(
  reader: Reader,
  { clusterBytes, l1Entries, l1Offset, ...header }: Qcow2Header,
  places: UsedPlaces,
): Promise<void> {
  const refcounts = { offset: header.refcountTableOffset, size: header.refcountTableBytes };
  places.take("metadata", { offset: 0, size: clusterBytes });
  places.take("metadata", { offset: l1Offset, size: l1Entries * 8 });
  places.take("metadata", refcounts);
  for await (const piece of tablePieces(reader, refcounts, "the qcow2 refcount table")) {
    for (let at = 0; at < piece.length; at += 8) {
      const offset = u64be(piece, at);
      if (offset === 0) {
        continue;
      }
      if (offset % clusterBytes !== 0) {
        throw refusal("corrupt", `qcow2 reference counts cannot be at ${offset}`, { offset });
      }
      if (offset >= reader.size) {
        throw refusal("truncated", "the qcow2 reference counts are cut off", { offset });
      }
      places.take("metadata", { offset, size: clusterBytes });
    }
  }
}
