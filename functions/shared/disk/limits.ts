import { refusal } from "./refusal.ts";

/** Bounds for what an image may ask for. */
export interface Limits {
  readonly maxVirtualSizeBytes: number;
  /** Whether a file of that name lies beside the disk, in the same archive. */
  readonly isBeside?: (name: string) => boolean;
}

/** What the header of a disk says. */
export interface Disk {
  /** As the format itself calls its kind: `streamOptimized`, `fixed`, `v3`. */
  readonly subformat: string;
  readonly virtualSizeBytes: number;
  /** Upper bound of what a sparse raw copy of the disk occupies. */
  readonly dataBytes: number;
  /** What qemu's driver must be told so that every version of it sees the disk as we do. */
  readonly driverOptions?: Readonly<Record<string, string>>;
  /** Of a VMDK whose grains can be inflated one by one. */
  readonly grains?: GrainLayout;
}

/** Where the compressed grains of a VMDK are; offsets and lengths in bytes, counted from its beginning. */
export interface GrainLayout {
  /** Of the grain directory: sectors of the tables, 4 bytes each. */
  readonly directoryOffset: number;
  /** Of the guest's disk, for each entry of a table; a power of two. */
  readonly grainBytes: number;
  readonly entriesPerTable: number;
  /** Whether an entry of 1 stands for a grain of zeros. */
  readonly hasZeroedGrains: boolean;
}

/** @throws GiveUp `virtual-size` */
export function checkVirtualSize(bytes: number, { maxVirtualSizeBytes }: Limits): void {
  if (bytes <= 0) {
    throw refusal("virtual-size", "the disk has a virtual size of 0 bytes");
  }
  if (bytes > maxVirtualSizeBytes) {
    throw refusal(
      "virtual-size",
      `the disk has a virtual size of ${bytes} bytes, the limit is ${maxVirtualSizeBytes}`,
      {
        virtualSizeBytes: bytes,
        limitBytes: maxVirtualSizeBytes,
      },
    );
  }
}

/** What the tables of a disk have named so far. */
export interface Mapped {
  /** Guest bytes that lie in the file as they are. */
  readonly plainBytes: number;
  /** Guest bytes that come out of compressed places. */
  readonly compressedBytes: number;
  /** Bytes of tables below the first level. */
  readonly tableBytes: number;
}

/**
 * Weighs what the tables of a disk map against what the file has: tables that name one place many times make a disk that is
 * far larger than its file, and one table that is named many times makes a table walk without an end. So this is asked after
 * every table and not at the end only.
 * @param placeBytes bytes of a cluster, block or grain
 * @throws GiveUp `expansion`
 */
export function checkExpansion(
  { plainBytes, compressedBytes, tableBytes }: Mapped,
  fileBytes: number,
  placeBytes: number,
): void {
  // One place more than the file has: the last one may be written in part only. What is used twice here and there is damage, and
  // refused as such (formats/used-places.ts).
  if (plainBytes > 2 * fileBytes + placeBytes || tableBytes > fileBytes) {
    throw refusal(
      "expansion",
      `a file of ${fileBytes} bytes claims to hold ${plainBytes} bytes of disk in ${tableBytes} bytes of tables: ` +
        "places are used many times",
      { fileBytes, dataBytes: plainBytes, tableBytes },
    );
  }
  if (compressedBytes > maxUnpackedBytes(fileBytes)) {
    throw refusal(
      "expansion",
      `${compressedBytes} bytes of disk out of a file of ${fileBytes}: more than ${MAX_EXPANSION} times`,
      { fileBytes, dataBytes: compressedBytes },
    );
  }
}

/** The most that may come out of packed data, in bytes. */
export function maxUnpackedBytes(packedBytes: number): number {
  return Math.max(FREE_EXPANSION_BYTES, MAX_EXPANSION * packedBytes);
}

const MAX_EXPANSION = 500; // real images stay below 100; deflate itself ends at 1032
const FREE_EXPANSION_BYTES = 64 * 2 ** 20; // nothing that hurts
