import { createHash } from "node:crypto";

/** What a list offers: a disk that is registered as it is, one that cannot be pinned and is copied, one to be converted, a wrong file. */
export type Form = "raw" | "unpinned" | "vhd" | "wrong";

/** What is in a version of an image. */
export interface Content {
  readonly sha512: string;
  /** The file that vmcatcher downloads. */
  readonly file: Buffer;
  /** The disk that OpenNebula shall have in the end. */
  readonly disk: Buffer;
}

/** The same for the same image and version, different for any other. */
export function contentOf(identifier: string, version: number, form: Form): Content {
  const seed = createHash("sha512").update(`${identifier} ${version}`).digest();
  const disk = Buffer.alloc(2048, seed);
  disk[0] = 0xeb; // as a boot sector begins: nothing takes it for text or an archive
  disk[257] = 0;
  const file = form === "vhd" ? Buffer.concat([disk, vhdFooter(disk.length)]) : disk;
  const sha512 = createHash("sha512").update(file).digest("hex");
  return { sha512, disk, file: form === "wrong" ? Buffer.concat([file, seed]) : file };
}

/** Of a fixed VHD (Microsoft's "Virtual Hard Disk Image Format Specification" 1.0), of no program that goes by the geometry. */
function vhdFooter(sizeBytes: number): Buffer {
  const footer = Buffer.alloc(512);
  footer.write("conectix", 0, "latin1");
  footer.writeUInt32BE(2, 8); // features: reserved
  footer.writeUInt32BE(0x10000, 12);
  footer.writeBigUInt64BE(0xffffffffffffffffn, 16); // fixed: no dynamic header
  footer.write("win ", 28, "latin1");
  footer.writeBigUInt64BE(BigInt(sizeBytes), 40);
  footer.writeBigUInt64BE(BigInt(sizeBytes), 48);
  footer.writeUInt32BE(2, 60); // fixed
  const sum = footer.reduce((total, byte) => total + byte, 0);
  footer.writeUInt32BE(~sum >>> 0, 64);
  return footer;
}
