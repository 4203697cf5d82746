import { checkExpansion, checkVirtualSize, type Disk, type Limits } from "../limits.ts";
import { readExactly, u64le, type Range, type Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";

const KIB = 1024;
const HEADERS = [64 * KIB, 128 * KIB];
const REGION_TABLES = [192 * KIB, 256 * KIB];
const MAX_ENTRIES = 2047;
const MAX_METADATA_BYTES = 2 ** 20;
const SECTORS_PER_CHUNK = 2 ** 23;
const FLAG_HAS_PARENT = 2;
/** GUIDs as they stand in the file: the first three groups are little endian. */
const REGION_BLOCKS = "66 77 c2 2d 23 f6 00 42 9d 64 11 5e 9b fd 4a 08";
const REGION_METADATA = "06 a2 7c 8b 90 47 9a 4b b8 fe 57 5f 05 0f 88 6e";
const FILE_PARAMETERS = "37 67 a1 ca 36 fa 43 4d b3 b6 33 f0 aa 44 e7 6b";
const VIRTUAL_SIZE = "24 42 a5 2f 1b cd 76 48 b2 11 5d be d8 3b f4 b8";
const SECTOR_SIZE = "1d bf 41 81 6f a9 09 47 ba 47 f2 33 a8 fa ab 5f";

/**
 * Checks a Hyper-V disk ([MS-VHDX]): the active header, and the first region table and metadata, whose checksums qemu verifies.
 * @throws GiveUp with the reason
 */
export async function inspectVhdx(reader: Reader, limits: Limits): Promise<Disk> {
  await checkLog(reader);
  const regions = await readRegions(reader);
  const metadata = await readMetadata(reader, regionOf(regions, REGION_METADATA, "metadata"));
  const parameters = itemOf(metadata, FILE_PARAMETERS, 8);
  if ((parameters.readUInt32LE(4) & FLAG_HAS_PARENT) !== 0) {
    throw refusal("parent-disk", "the VHDX is a difference to another disk");
  }
  const virtualSizeBytes = u64le(itemOf(metadata, VIRTUAL_SIZE, 8), 0);
  checkVirtualSize(virtualSizeBytes, limits);
  const blockBytes = parameters.readUInt32LE(0);
  const sectorBytes = itemOf(metadata, SECTOR_SIZE, 4).readUInt32LE(0);
  if (
    blockBytes < 2 ** 20 ||
    blockBytes > 2 ** 28 ||
    !Number.isInteger(Math.log2(blockBytes)) ||
    ![512, 4096].includes(sectorBytes)
  ) {
    throw refusal("bad-header", `VHDX blocks of ${blockBytes} bytes in sectors of ${sectorBytes}`);
  }
  const dataBytes = await measureBlocks(reader, regionOf(regions, REGION_BLOCKS, "block table"), {
    blocks: Math.ceil(virtualSizeBytes / blockBytes),
    blockBytes,
    blocksPerChunk: (SECTORS_PER_CHUNK * sectorBytes) / blockBytes,
  });
  return { subformat: "dynamic", virtualSizeBytes, dataBytes };
}

/** Of two headers the one with the higher sequence number counts; a log in it must be replayed, which needs write access. */
async function checkLog(reader: Reader): Promise<void> {
  const headers: Buffer[] = [];
  for (const offset of HEADERS) {
    const header = await readExactly(reader, { offset, size: 80 }, "the VHDX header");
    if (header.toString("latin1", 0, 4) === "head") {
      headers.push(header);
    }
  }
  const [active] = headers.sort((a, b) => u64le(b, 8) - u64le(a, 8));
  if (active === undefined) {
    throw refusal("bad-header", "the VHDX has no header");
  }
  if (active.subarray(48, 64).some((byte) => byte !== 0)) {
    throw refusal("corrupt", "the VHDX was not closed: its log would have to be replayed");
  }
}

async function readRegions(reader: Reader): Promise<ReadonlyMap<string, Range>> {
  for (const offset of REGION_TABLES) {
    const table = await readExactly(reader, { offset, size: 64 * KIB }, "the VHDX region table");
    const count = table.readUInt32LE(8);
    if (table.toString("latin1", 0, 4) === "regi" && count <= MAX_ENTRIES) {
      return new Map(
        Array.from({ length: count }, (_, index) => {
          const at = 16 + index * 32;
          return [
            guid(table, at),
            { offset: u64le(table, at + 16), size: table.readUInt32LE(at + 24) },
          ];
        }),
      );
    }
  }
  throw refusal("bad-header", "the VHDX has no region table");
}

function regionOf(regions: ReadonlyMap<string, Range>, id: string, what: string): Range {
  const region = regions.get(id);
  if (region === undefined) {
    throw refusal("bad-header", `the VHDX has no ${what}`);
  }
  return region;
}

async function readMetadata(reader: Reader, region: Range): Promise<ReadonlyMap<string, Buffer>> {
  const size = Math.min(region.size, MAX_METADATA_BYTES);
  const bytes = await readExactly(reader, { offset: region.offset, size }, "the VHDX metadata");
  if (
    bytes.length < 64 * KIB ||
    bytes.toString("latin1", 0, 8) !== "metadata" ||
    bytes.readUInt16LE(10) > MAX_ENTRIES
  ) {
    throw refusal("bad-header", "the VHDX metadata has no table");
  }
  return new Map(
    Array.from({ length: bytes.readUInt16LE(10) }, (_, index) => {
      const at = 32 + index * 32;
      const start = bytes.readUInt32LE(at + 16);
      return [guid(bytes, at), bytes.subarray(start, start + bytes.readUInt32LE(at + 20))];
    }),
  );
}

function itemOf(metadata: ReadonlyMap<string, Buffer>, id: string, size: number): Buffer {
  const item = metadata.get(id);
  if (item === undefined || item.length < size) {
    throw refusal("bad-header", "the VHDX metadata is incomplete");
  }
  return item;
}

async function measureBlocks(
  reader: Reader,
  region: Range,
  {
    blocks,
    blockBytes,
    blocksPerChunk,
  }: { blocks: number; blockBytes: number; blocksPerChunk: number },
): Promise<number> {
  const entries = blocks + Math.floor((blocks - 1) / blocksPerChunk); // a bitmap entry after every chunk
  if (entries * 8 > region.size) {
    throw refusal("bad-header", `a VHDX block table of ${region.size} bytes for ${blocks} blocks`);
  }
  const table = await readExactly(
    reader,
    { offset: region.offset, size: entries * 8 },
    "the VHDX block table",
  );
  const PRESENT = 6;
  let count = 0;
  for (let index = 0; index < entries; index += 1) {
    const isBitmap = index % (blocksPerChunk + 1) === blocksPerChunk;
    const state = table.readUInt8(index * 8) & 7;
    if (isBitmap || state < PRESENT) {
      continue;
    }
    const offset = Math.floor(u64le(table, index * 8) / 2 ** 20) * 2 ** 20;
    if (offset >= reader.size) {
      throw refusal("truncated", `the VHDX has data at ${offset}, but only ${reader.size} bytes`, {
        offset,
      });
    }
    count += 1;
  }
  checkExpansion(count * blockBytes, 0, reader.size, blockBytes);
  return count * blockBytes;
}

function guid(buffer: Buffer, at: number): string {
  return buffer.toString("hex", at, at + 16).replaceAll(/(..)(?=.)/g, "$1 ");
}
