import { isLinuxKernel } from "./disk-evidence.ts";
import type { Reader } from "./reader.ts";

/*
 * Who tells files that are no disks. Beside our own detector for disks stands the npm package file-type: it runs in this process
 * as memory-safe code, says the same wherever it runs, and takes a millisecond. `file` (libmagic) knows more (of 35 archives and
 * programs that were tried all, file-type 24; of a VMA neither knows), but it is C code that reads hostile bytes, so one more program
 * to cage and to install, and what it says changes with the distribution. What file-type does not know and people publish is in the
 * small table below.
 */

/** Something that is no disk. */
export interface FileType {
  /** As it is told to people. */
  readonly name: string;
  /** Whether it is one stream that was packed, in a way that we do not unpack. */
  readonly isPacked: boolean;
}

/**
 * What a file is, if it is nothing that a disk could be. Some of this is told by two bytes, so the word counts only where nothing
 * says that it is a disk: see `diskEvidence`.
 */
export async function fileType(reader: Reader): Promise<FileType | undefined> {
  const head = await reader.read(0, HEAD_BYTES);
  const known = TABLE.find(({ matches }) => matches(head));
  if (known !== undefined) {
    return known;
  }
  const { fileTypeFromBuffer } = await import("file-type"); // most images never need it
  const { ext } = (await fileTypeFromBuffer(head)) ?? {};
  return ext === undefined ? undefined : REFUSED.get(ext);
}

const HEAD_BYTES = 65_536;

/**
 * What file-type says and we believe, by the extension that it gives: what is published where an image should be. All else that it
 * knows (sounds, films, fonts, rare pictures), it may see in the code of a boot sector: two bytes are enough for some.
 */
const REFUSED: ReadonlyMap<string, FileType> = new Map([
  ["lz4", packed("lz4")],
  ["lz", packed("lzip")],
  ["Z", packed("compress")],
  ["rar", packed("RAR")],
  ["zip", packed("zip")], // the empty and the divided ones: others are told by detect.ts
  ["tar", container("a tar archive")], // of version 7: newer ones are told by detect.ts
  ["cpio", container("a cpio archive")],
  ["ar", container("an ar archive")],
  ["deb", container("a Debian package")],
  ["rpm", container("an RPM package")],
  ["cab", container("a cabinet archive")],
  ["arj", container("an ARJ archive")],
  ["lzh", container("an LHA archive")],
  ["ace", container("an ACE archive")],
  ["cfb", container("a compound file (MSI, Office)")],
  ["crx", container("a Chrome extension")],
  ["exe", container("a program (PE)")],
  ["elf", container("a program (ELF)")],
  ["macho", container("a program (Mach-O)")],
  ["sqlite", container("an SQLite database")],
  ["pdf", container("a PDF document")],
  ["ps", container("a PostScript document")],
  ["png", container("a picture (PNG)")],
  ["jpg", container("a picture (JPEG)")],
  ["gif", container("a picture (GIF)")],
  ["webp", container("a picture (WebP)")],
  ["tif", container("a picture (TIFF)")],
]);

/** What file-type does not know, each with the place where the fact is written. */
const TABLE: readonly (FileType & { readonly matches: (head: Buffer) => boolean })[] = [
  // the frame format of lz4, "Legacy frame" (0x184C2102)
  { ...packed("lz4"), matches: startsWith("\x02\x21\x4C\x18") },
  // …and "Skippable Frames", which zstd shares: those that zstd follows are told by detect.ts
  { ...packed("lz4"), matches: isSkippable },
  // xz, doc/lzma-file-format.txt
  { ...packed("lzma"), matches: isLzma },
  // lzop, src/lzop.c (lzop_magic)
  { ...packed("lzop"), matches: startsWith("\x89LZO\0\r\n\x1A\n") },
  // lrzip, doc/magic.header.txt
  { ...packed("lrzip"), matches: startsWith("LRZI") },
  // snappy, framing_format.txt
  { ...packed("snappy"), matches: startsWith("\xFF\x06\0\0sNaPpY") },
  // lzfse, src/lzfse_internal.h: the last letter is the kind of the first block
  { ...packed("lzfse"), matches: (head) => /^bvx[-12n]/.test(head.toString("latin1", 0, 4)) },
  // cpio(5): newc, and newc with checksums; file-type knows the older ones, but for the other byte order
  { ...container("a cpio archive"), matches: startsWith("070701") },
  { ...container("a cpio archive"), matches: startsWith("070702") },
  { ...container("a cpio archive"), matches: startsWith("\x71\xC7") },
  // pve-qemu, vma_spec.txt: backups of Proxmox VE
  { ...container("a backup of Proxmox VE (VMA)"), matches: startsWith("VMA\0") },
  // AOSP, system/core/libsparse/sparse_format.h; mkbootimg's bootimg.h; update_engine's payload_metadata.h
  { ...container("an Android sparse image"), matches: startsWith("\x3A\xFF\x26\xED\x01\0") },
  { ...container("an Android boot image"), matches: startsWith("ANDROID!") },
  { ...container("an Android update"), matches: startsWith("CrAU") },
  // wimlib, include/wimlib/header.h: plain and pipable
  { ...container("a Windows image (WIM)"), matches: startsWith("MSWIM\0\0\0") },
  { ...container("a Windows image (WIM)"), matches: startsWith("WLPWM\0\0\0") },
  // libewf, documentation/Expert Witness Compression Format (EWF).asciidoc, and that of version 2
  { ...container("an EnCase image (EWF)"), matches: startsWith("EVF\t\r\n\xFF\0") },
  { ...container("an EnCase image (EWF)"), matches: startsWith("LVF\t\r\n\xFF\0") },
  { ...container("an EnCase image (EWF)"), matches: startsWith("EVF2\r\n\x81\0") },
  // partclone, src/partclone.h (IMAGE_MAGIC)
  { ...container("a partclone image"), matches: startsWith("partclone-image") },
  // libmagic 5.44 says so of these
  { ...container("a partimage volume"), matches: startsWith("PaRtImAgE-VoLuMe") },
  { ...container("an ntfsclone image"), matches: startsWith("\0ntfsclone-image") },
  { ...container("a Ghost image"), matches: startsWith("\xFE\xEF") },
  { ...container("an Acronis backup"), matches: startsWith("\xCE\x24\xB9\xA2\x20\0\0\0") },
  { ...container("a zoo archive"), matches: startsWith("\xDC\xA7\xC4\xFD", 20) },
  { ...container("a xar archive"), matches: startsWith("xar!") },
  // fsarchiver, ChangeLog of 0.6.4: FsArCh_001 and FsArCh_002
  { ...container("an fsarchiver archive"), matches: startsWith("FsArCh_0") },
  // btrfs-progs, common/send-stream.h; xfsdump, common/global.h; OpenZFS, include/sys/zfs_ioctl.h (DMU_BACKUP_MAGIC)
  { ...container("a stream of btrfs send"), matches: startsWith("btrfs-stream\0") },
  { ...container("a dump of XFS"), matches: startsWith("xFSdump0") },
  { ...container("a stream of zfs send"), matches: startsWith("\xAC\xCB\xBA\xF5\x02\0\0\0", 8) },
  // libmodi, documentation/Mac OS disk image types.asciidoc
  { ...container("an encrypted Apple image"), matches: startsWith("encrcdsa") },
  { ...container("an Apple sparse image"), matches: startsWith("sprs") },
  // qemu, migration/savevm.h; libvirt, src/qemu/qemu_saveimage.h
  { ...container("a saved machine (QEMU)"), matches: startsWith("QEVM\0\0\0\x03") },
  { ...container("a saved machine (libvirt)"), matches: startsWith("LibvirtQemudSave") },
  // U-Boot, include/image.h (IH_MAGIC); devicetree specification, 5.2: also FIT images
  { ...container("a U-Boot image"), matches: startsWith("\x27\x05\x19\x56") },
  { ...container("a device tree or FIT image"), matches: startsWith("\xD0\x0D\xFE\xED") },
  { ...container("a Linux kernel"), matches: isLinuxKernel },
  // ECMA-130, 14: the synchronisation field of each sector of a CD, as .bin files have them
  { ...container("raw sectors of a CD"), matches: startsWith(`\0${"\xFF".repeat(10)}\0`) },
];

function packed(name: string): FileType {
  return { name, isPacked: true };
}

function container(name: string): FileType {
  return { name, isPacked: false };
}

function startsWith(text: string, at = 0): (head: Buffer) => boolean {
  const magic = Buffer.from(text, "latin1");
  return (head) => head.subarray(at, at + magic.length).equals(magic);
}

function isSkippable(head: Buffer): boolean {
  return head.length >= 8 && head.readUInt32LE(0) >>> 4 === 0x184d2a5;
}

/** No magic number, but a header of 13 bytes that is seldom by chance, with a first byte of data that is always 0. */
function isLzma(head: Buffer): boolean {
  const HEADER_BYTES = 13;
  if (head.length <= HEADER_BYTES) {
    return false;
  }
  const MAX_PROPERTIES = 225; // (4 * 5 + 4) * 9 + 8, and one more
  const dictionary = head.readUInt32LE(1);
  const isUsual = [1, 1.5].some((factor) => Number.isInteger(Math.log2(dictionary / factor)));
  const unpacked = head.readBigUInt64LE(5);
  return (
    head.readUInt8(0) < MAX_PROPERTIES &&
    dictionary >= 4096 &&
    isUsual &&
    (unpacked === 2n ** 64n - 1n || (unpacked > 0n && unpacked < 2n ** 38n)) &&
    head.readUInt8(HEADER_BYTES) === 0
  );
}
