import { checkVirtualSize, type Disk, type Limits } from "../limits.ts";
import { readExactly, u64be, type Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";
import { measureClusters } from "./qcow2-clusters.ts";
import { checkExtensions } from "./qcow2-extensions.ts";

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
  await checkExtensions(reader, header);
  checkVirtualSize(header.virtualSizeBytes, limits);
  checkTables(header, reader.size);
  const dataBytes = await measureClusters(reader, header, signal);
  return { subformat: `v${header.version}`, virtualSizeBytes: header.virtualSizeBytes, dataBytes };
}

/** The fields of a qcow2 header that the checks need; offsets and sizes in bytes. */
export interface Qcow2Header {
  readonly version: number;
  readonly headerBytes: number;
  readonly clusterBits: number;
  readonly clusterBytes: number;
  readonly virtualSizeBytes: number;
  readonly l1Entries: number;
  readonly l1Offset: number;
  /** Entries of 16 instead of 8 bytes. */
  readonly extendedL2: boolean;
  readonly refcountTableOffset: number;
  readonly refcountTableBytes: number;
  readonly snapshots: number;
  readonly backingOffset: number;
  readonly incompatible: { readonly low: number; readonly high: number };
  readonly encryption: number;
}

const V2_HEADER_BYTES = 72;
const V3_HEADER_BYTES = 104;
const INCOMPATIBLE_CORRUPT = 2;
const INCOMPATIBLE_DATA_FILE = 4;
const INCOMPATIBLE_EXTENDED_L2 = 16;
// All five of qemu 11: with 1, dirty (refcounts may be stale, which a reader does not care about), and 8, compression type.
const INCOMPATIBLE_KNOWN = 31;
const MAX_L1_BYTES = 32 * 2 ** 20; // qemu: QCOW_MAX_L1_SIZE
const MAX_REFCOUNT_TABLE_BYTES = 8 * 2 ** 20; // qemu: QCOW_MAX_REFTABLE_SIZE
const MAX_SNAPSHOTS = 1024;

async function readHeader(reader: Reader): Promise<Qcow2Header> {
  const start = await readExactly(reader, { offset: 0, size: V2_HEADER_BYTES }, "the qcow2 header");
  const version = start.readUInt32BE(4);
  if (version !== 2 && version !== 3) {
    throw refusal("unsupported-version", `qcow2 version ${version}`, { version });
  }
  const rest =
    version === 3
      ? await readExactly(reader, { offset: 72, size: 32 }, "the qcow2 header")
      : undefined;
  const clusterBits = start.readUInt32BE(20);
  if (clusterBits < 9 || clusterBits > 21) {
    throw refusal("bad-header", `qcow2 clusters of 2^${clusterBits} bytes, not 2^9 to 2^21`, {
      clusterBits,
    });
  }
  const incompatible = { high: rest?.readUInt32BE(0) ?? 0, low: rest?.readUInt32BE(4) ?? 0 };
  const refcountOrder = rest?.readUInt32BE(24) ?? 4;
  const headerBytes = rest?.readUInt32BE(28) ?? V2_HEADER_BYTES;
  const clusterBytes = 2 ** clusterBits;
  if (
    headerBytes > clusterBytes ||
    (version === 3 && headerBytes < V3_HEADER_BYTES) ||
    headerBytes % 8 !== 0
  ) {
    throw refusal("bad-header", `a qcow2 header of ${headerBytes} bytes`, { headerBytes });
  }
  if (refcountOrder > 6) {
    throw refusal("bad-header", `qcow2 reference counts of 2^${refcountOrder} bits`, {
      refcountOrder,
    });
  }
  return {
    version,
    headerBytes,
    clusterBits,
    clusterBytes,
    virtualSizeBytes: u64be(start, 24),
    l1Entries: start.readUInt32BE(36),
    l1Offset: u64be(start, 40),
    extendedL2: (incompatible.low & INCOMPATIBLE_EXTENDED_L2) !== 0,
    refcountTableOffset: u64be(start, 48),
    refcountTableBytes: start.readUInt32BE(56) * clusterBytes,
    snapshots: start.readUInt32BE(60),
    backingOffset: u64be(start, 8),
    incompatible,
    encryption: start.readUInt32BE(32),
  };
}

/** Whatever makes qemu-img open another file, and features that nobody has told us about. */
function checkReferences({ backingOffset, incompatible, encryption }: Qcow2Header): void {
  if (backingOffset !== 0) {
    throw refusal("backing-file", "the qcow2 image is a layer on top of another file");
  }
  if ((incompatible.low & INCOMPATIBLE_DATA_FILE) !== 0) {
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
  if (header.snapshots > MAX_SNAPSHOTS) {
    throw refusal("table-limit", `${header.snapshots} qcow2 snapshots`);
  }
  for (const [name, offset, bytes] of [
    ["level 1", l1Offset, l1Entries * 8],
    ["refcount", refcountTableOffset, refcountTableBytes],
  ] as const) {
    if (offset < clusterBytes || offset % clusterBytes !== 0 || offset + bytes > fileBytes) {
      throw refusal(
        "bad-header",
        `the qcow2 ${name} table cannot be at ${offset} in a file of ${fileBytes} bytes`,
      );
    }
  }
}
