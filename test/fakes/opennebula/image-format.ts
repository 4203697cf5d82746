/** What the first bytes of a file say. */
export interface Content {
  readonly format: "raw" | "qcow2" | "vmdk";
  /** Of formats that carry one; a raw file's is its length. */
  readonly virtualSizeBytes: number | undefined;
  /** A datastore driver unpacks these before it stores the image. */
  readonly compression: "gzip" | "xz" | "bzip2" | undefined;
  /** tar and zip are unpacked into a folder, so the image ends in ERROR. */
  readonly isArchive: boolean;
}

/** How many bytes `recognise` wants to see. */
export const HEAD_BYTES = 512;

/** @param head the first `HEAD_BYTES` of the file, or all of a shorter one */
export function recognise(head: Buffer): Content {
  const starts = (hex: string): boolean => head.subarray(0, hex.length / 2).toString("hex") === hex;
  const content = {
    format: "raw",
    virtualSizeBytes: undefined,
    compression: undefined,
    isArchive: false,
  } as const;
  if (starts("514649fb") && head.length >= 32) {
    return { ...content, format: "qcow2", virtualSizeBytes: Number(head.readBigUInt64BE(24)) };
  }
  if (starts("4b444d56") && head.length >= 20) {
    return {
      ...content,
      format: "vmdk",
      virtualSizeBytes: Number(head.readBigUInt64LE(12)) * SECTOR_BYTES,
    };
  }
  if (starts("504b0304") || head.subarray(257, 262).toString("latin1") === "ustar") {
    return { ...content, isArchive: true };
  }
  if (starts("1f8b")) {
    return { ...content, compression: "gzip" };
  }
  if (starts("fd377a585a00")) {
    return { ...content, compression: "xz" };
  }
  return starts("425a68") ? { ...content, compression: "bzip2" } : content;
}

const SECTOR_BYTES = 512;
