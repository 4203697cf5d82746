import { isUtf8 } from "node:buffer";
import { diskEvidence } from "./disk-evidence.ts";
import type { DiskFormat } from "./known-formats.ts";
import { isOptical } from "./optical.ts";
import type { Reader } from "./reader.ts";

/** Something that a file can be taken for, by us or by a program that guesses later. */
export type Signature =
  | Exclude<DiskFormat, "raw">
  /** A VHD footer behind something that does not begin as VHD: a fixed one, or a raw disk with a footer. */
  | "vhd-footer"
  | "vmdk-descriptor"
  | "vmdk-cowd"
  | "vmdk-sesparse"
  | "qed"
  | "luks"
  | "parallels"
  | "bochs"
  | "cloop"
  | "dmg"
  | "iso"
  | "tar"
  | Compression
  | "text";

export type Compression = "gzip" | "xz" | "bzip2" | "zstd" | "zip" | "7z";

/**
 * All formats whose signature a file carries: none for a plain raw disk, more than one for a polyglot. `text` only when
 * nothing else is found: a disk may well begin with it.
 */
export async function detect(reader: Reader): Promise<readonly Signature[]> {
  const head = await reader.read(0, HEAD_BYTES);
  const tail = await reader.read(Math.max(0, reader.size - SECTOR), SECTOR);
  const found = new Set<Signature>();
  for (const { signature, at, magic } of MAGICS) {
    if (head.subarray(at, at + magic.length).equals(magic)) {
      found.add(signature);
    }
  }
  if (isVmdkDescriptor(head)) {
    found.add("vmdk-descriptor");
  }
  // Old footers are one byte short (qemu block/vpc.c: VHD_FOOTER of 511 bytes).
  if (
    !found.has("vhd") &&
    (tail.subarray(0, 8).equals(VHD_COOKIE) || tail.subarray(1, 9).equals(VHD_COOKIE))
  ) {
    found.add("vhd-footer");
  }
  if (tail.subarray(0, 4).equals(Buffer.from("koly"))) {
    found.add("dmg");
  }
  for (const signature of SHORT) {
    if (found.has(signature) && (await diskEvidence(reader)).length > 0) {
      found.delete(signature);
    }
  }
  if (!found.has("zstd") && (await isSkippedZstd(reader, head))) {
    found.add("zstd");
  }
  // A CD may lie in an archive so that it begins where a CD's own descriptors would.
  const isArchive = [...found].some((signature) => signature === "tar" || isCompression(signature));
  if (!isArchive && (await isOptical(reader))) {
    found.add("iso");
  }
  const mayBeText = found.size === 0 && isText(head.subarray(0, SECTOR));
  if (mayBeText && (await diskEvidence(reader)).length === 0) {
    found.add("text");
  }
  return [...found];
}

/** Whether a signature is that of compressed data. */
export function isCompression(signature: Signature): signature is Compression {
  return COMPRESSIONS.has(signature);
}

const COMPRESSIONS: ReadonlySet<string> = new Set([
  "gzip",
  "xz",
  "bzip2",
  "zstd",
  "zip",
  "7z",
] satisfies Compression[]);

/** Signatures of two or three bytes: the code of a boot sector may begin with them. */
const SHORT = ["gzip", "bzip2"] as const satisfies Signature[];
const SECTOR = 512;
const HEAD_BYTES = 65_536;
const VHD_COOKIE = Buffer.from("conectix");

const ZSTD_MAGIC = Buffer.from("\x28\xB5\x2F\xFD", "latin1");

const MAGICS: readonly {
  readonly signature: Signature;
  readonly at: number;
  readonly magic: Buffer;
}[] = [
  magic("qcow2", 0, "QFI\xFB"), // version 1 too: it can have a backing file just as well
  magic("vmdk", 0, "KDMV"),
  magic("vmdk-cowd", 0, "COWD"),
  magic("vmdk-sesparse", 0, "\xBE\xBA\xFE\xCA\x00\x00\x00\x00"),
  magic("vdi", 64, "\x7F\x10\xDA\xBE"),
  magic("vhdx", 0, "vhdxfile"),
  magic("vhd", 0, "conectix"),
  magic("qed", 0, "QED\x00"),
  magic("luks", 0, "LUKS\xBA\xBE"),
  magic("parallels", 0, "WithoutFreeSpace"),
  magic("parallels", 0, "WithouFreSpacExt"),
  magic("bochs", 0, "Bochs Virtual HD Image"),
  magic("cloop", 0, "#!/bin/sh\n#V2.0 Format\nmodprobe cloop"),
  magic("tar", 257, "ustar"),
  magic("gzip", 0, "\x1F\x8B"),
  magic("xz", 0, "\xFD7zXZ\x00"),
  magic("bzip2", 0, "BZh"),
  { signature: "zstd", at: 0, magic: ZSTD_MAGIC },
  magic("zip", 0, "PK\x03\x04"),
  magic("7z", 0, "7z\xBC\xAF\x27\x1C"),
];

function magic(signature: Signature, at: number, bytes: string) {
  return { signature, at, magic: Buffer.from(bytes, "latin1") };
}

/** qemu's own probe (block/vmdk.c, vmdk_probe): comments and blank lines, then a version line. We also take the comment that all writers begin with. */
function isVmdkDescriptor(head: Buffer): boolean {
  const text = head.toString("latin1");
  return (
    /^(?:#[^\n]*\n|[ \r]*\n)*version=[123]\r?(?:\n|$|\0)/.test(text) ||
    /^\s*#\s*Disk DescriptorFile/i.test(text)
  );
}

/**
 * Whether zstd data begins with frames that are to be skipped, as those of pzstd and of seekable zstd do (RFC 8878, 3.1.2). LZ4 has
 * the same frames, so the first other one tells.
 */
async function isSkippedZstd(reader: Reader, head: Buffer): Promise<boolean> {
  const MAX_SKIPPED = 16; // one, mostly
  const HEADER_BYTES = 8;
  let frame = head;
  for (let at = 0, skipped = 0; skipped < MAX_SKIPPED; skipped += 1) {
    if (frame.length < HEADER_BYTES || !isSkippableFrame(frame)) {
      return skipped > 0 && frame.subarray(0, ZSTD_MAGIC.length).equals(ZSTD_MAGIC);
    }
    at += HEADER_BYTES + frame.readUInt32LE(4);
    if (at >= reader.size) {
      return false;
    }
    frame = await reader.read(at, HEADER_BYTES);
  }
  return false;
}

/** Magic numbers 0x184D2A50 to 0x184D2A5F. */
function isSkippableFrame(frame: Buffer): boolean {
  return frame.readUInt32LE(0) >>> 4 === 0x184d2a5;
}

// A disk's first sector is machine code or zeros; an error page of a web server is text.
function isText(head: Buffer): boolean {
  const CUT = 3; // the last character may be cut in two
  const isWhole = head.length < SECTOR;
  const decoded = Array.from({ length: isWhole ? 1 : CUT + 1 }, (_, cut) =>
    head.subarray(0, head.length - cut),
  ).find(isUtf8);
  return decoded !== undefined && !decoded.some((byte) => byte < 0x20 && !TEXT_CONTROLS.has(byte));
}

/** Tab, line feed, form feed, carriage return, escape. */
const TEXT_CONTROLS: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x1b]);
