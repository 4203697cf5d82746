import { readExactly, u64be, type Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";

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
  readonly snapshotsOffset: number;
  readonly backingOffset: number;
  readonly incompatible: { readonly low: number; readonly high: number };
  /** Whether the last program that changed the image has kept its dirty bitmaps; otherwise they are ignored. */
  readonly hasBitmaps: boolean;
  /** Whether its data file is said to be raw: qemu then wants one. */
  readonly hasRawDataFile: boolean;
  readonly encryption: number;
  /** 0 zlib, 1 zstd. */
  readonly compressionType: number;
}

const V2_HEADER_BYTES = 72;
const V3_HEADER_BYTES = 104;
const INCOMPATIBLE_EXTENDED_L2 = 16;
const AUTOCLEAR_BITMAPS = 1;
const AUTOCLEAR_RAW_DATA_FILE = 2;

/** @throws GiveUp `truncated`, `unsupported-version`, `bad-header` */
export async function readHeader(reader: Reader): Promise<Qcow2Header> {
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
  const autoclear = rest?.readUInt32BE(20) ?? 0;
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
  const compressionType =
    headerBytes > V3_HEADER_BYTES
      ? (await readExactly(reader, { offset: V3_HEADER_BYTES, size: 8 }, "the qcow2 header"))[0]
      : 0;
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
    snapshotsOffset: u64be(start, 64),
    backingOffset: u64be(start, 8),
    incompatible,
    hasBitmaps: (autoclear & AUTOCLEAR_BITMAPS) !== 0,
    hasRawDataFile: (autoclear & AUTOCLEAR_RAW_DATA_FILE) !== 0,
    encryption: start.readUInt32BE(32),
    compressionType: compressionType ?? 0,
  };
}
