import { refusal } from "./refusal.ts";

/** Bounds for what an image may ask for. */
export interface Limits {
  readonly maxVirtualSizeBytes: number;
}

/** What the header of a disk says. */
export interface Disk {
  /** As the format itself calls its kind: `streamOptimized`, `fixed`, `v3`. */
  readonly subformat: string;
  readonly virtualSizeBytes: number;
  /** Upper bound of what a sparse raw copy of the disk occupies. */
  readonly dataBytes: number;
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

/**
 * Weighs what the tables of a disk map against what the file has: tables that name one place many times make a disk that is
 * far larger than its file.
 * @param compressedBytes guest bytes that come out of compressed places
 * @param plainBytes guest bytes that lie in the file as they are
 * @throws GiveUp `expansion`
 */
export function checkExpansion(
  plainBytes: number,
  compressedBytes: number,
  fileBytes: number,
  placeBytes: number,
): void {
  // One place more than the file has: the last one may be written in part only.
  if (plainBytes > fileBytes + placeBytes) {
    throw refusal(
      "expansion",
      `a file of ${fileBytes} bytes claims to hold ${plainBytes} bytes of disk: places are used twice`,
      {
        fileBytes,
        dataBytes: plainBytes,
      },
    );
  }
  if (compressedBytes > FREE_EXPANSION_BYTES && compressedBytes > MAX_EXPANSION * fileBytes) {
    throw refusal(
      "expansion",
      `${compressedBytes} bytes of disk out of a file of ${fileBytes}: more than ${MAX_EXPANSION} times`,
      {
        fileBytes,
        dataBytes: compressedBytes,
      },
    );
  }
}

const MAX_EXPANSION = 500; // real images stay below 100; deflate itself ends at 1032
const FREE_EXPANSION_BYTES = 64 * 2 ** 20; // nothing that hurts
