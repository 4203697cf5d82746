import { deflateSync } from "node:zlib";

/** A stream-optimized VMDK to make. */
export interface StreamVmdk {
  readonly capacitySectors: number;
  /** By default 128, as everybody writes them. */
  readonly grainSectors?: number;
  /** In the order of the file, which may be another than that of the disk. */
  readonly grains: readonly StreamGrain[];
  /** Grains whose entry says that they are zeros. */
  readonly zeroed?: readonly number[];
}

/** A grain of it. */
export interface StreamGrain {
  readonly index: number;
  /** What is inflated. */
  readonly content: Uint8Array;
  /** 0 to 9; by default 1. */
  readonly level?: number;
  /** What is in the file instead: the marker and what follows. */
  readonly damage?: (grain: Buffer) => Buffer;
}

/** Bytes of a marker: the grain's first sector (8) and the length of what follows (4). */
export const MARKER_BYTES = 12;

/** The file, with its tables behind the grains and a footer that says where, as VMware and VirtualBox write it. */
export function streamVmdk({
  capacitySectors,
  grainSectors = 128,
  grains,
  zeroed = [],
}: StreamVmdk): Buffer {
  const parts: Buffer[] = [];
  let sectors = 0;
  const append = (bytes: Buffer) => {
    const at = sectors;
    parts.push(bytes, Buffer.alloc((SECTOR - (bytes.length % SECTOR)) % SECTOR));
    sectors += Math.ceil(bytes.length / SECTOR);
    return at;
  };
  const header = (directory: bigint) => {
    const bytes = Buffer.alloc(SECTOR);
    bytes.write("KDMV", 0, "latin1");
    bytes.writeUInt32LE(3, 4);
    bytes.writeUInt32LE(0x3_0001 | (zeroed.length > 0 ? 4 : 0), 8); // newline test, compressed, markers, zeroed grains
    bytes.writeBigUInt64LE(BigInt(capacitySectors), 12);
    bytes.writeBigUInt64LE(BigInt(grainSectors), 20);
    bytes.writeBigUInt64LE(1n, 28);
    bytes.writeBigUInt64LE(20n, 36);
    bytes.writeUInt32LE(ENTRIES, 44);
    bytes.writeBigUInt64LE(directory, 56);
    bytes.writeBigUInt64LE(21n, 64);
    bytes.write("\n \r\n", 73, "latin1");
    bytes.writeUInt16LE(1, 77);
    return bytes;
  };
  append(header(0xffff_ffff_ffff_ffffn));
  append(descriptor(capacitySectors));
  const tables = new Map<number, Buffer>();
  const enter = (index: number, sector: number) => {
    const number = Math.floor(index / ENTRIES);
    const table = tables.get(number) ?? Buffer.alloc(ENTRIES * 4);
    tables.set(number, table);
    table.writeUInt32LE(sector, (index % ENTRIES) * 4);
  };
  for (const { index, content, level = 1, damage = (grain: Buffer) => grain } of grains) {
    const packed = deflateSync(content, { level });
    const marker = Buffer.alloc(MARKER_BYTES);
    marker.writeBigUInt64LE(BigInt(index * grainSectors), 0);
    marker.writeUInt32LE(packed.length, 8);
    enter(index, append(damage(Buffer.concat([marker, packed]))));
  }
  for (const index of zeroed) {
    enter(index, 1);
  }
  const directory = Buffer.alloc(Math.ceil(capacitySectors / (grainSectors * ENTRIES)) * 4);
  for (const [number, table] of tables) {
    append(marker(ENTRIES * 4, 1));
    directory.writeUInt32LE(append(table), number * 4);
  }
  append(marker(directory.length, 2));
  const at = append(directory);
  append(marker(SECTOR, 3));
  append(header(BigInt(at)));
  append(marker(0, 0));
  return Buffer.concat(parts);
}

const SECTOR = 512;
const ENTRIES = 512;

function marker(bytes: number, type: number): Buffer {
  const sector = Buffer.alloc(SECTOR);
  sector.writeBigUInt64LE(BigInt(Math.ceil(bytes / SECTOR)), 0);
  sector.writeUInt32LE(type, 12);
  return sector;
}

function descriptor(capacitySectors: number): Buffer {
  const text = [
    "# Disk DescriptorFile",
    "version=1",
    "CID=12345678",
    "parentCID=ffffffff",
    'createType="streamOptimized"',
    `RDONLY ${capacitySectors} SPARSE "disk.vmdk"`,
    'ddb.adapterType = "lsilogic"',
    "",
  ].join("\n");
  return Buffer.concat([Buffer.from(text)], 20 * SECTOR);
}
