import { checkExpansion, checkVirtualSize, type Disk, type Limits } from "../limits.ts";
import { tablePieces, u64le, type Range, type Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";
import { readItems, readLog, readRegions } from "./vhdx-structures.ts";

/** GUIDs as they stand in the file: the first three groups are little endian. */
const REGION_BLOCKS = "6677c22d23f600429d64115e9bfd4a08";
const REGION_METADATA = "06a27c8b90479a4bb8fe575f050f886e";
const FILE_PARAMETERS = "3767a1ca36fa434db3b633f0aa44e76b";
const VIRTUAL_SIZE = "2442a52f1bcd7648b2115dbed83bf4b8";
const PAGE_83_DATA = "ab12cabee6b2234593efc309e000c746";
const LOGICAL_SECTOR_BYTES = "1dbf41816fa90947ba47f233a8faab5f";
const PHYSICAL_SECTOR_BYTES = "c748a3cd5d4471449cc9e9885251c556";
const ITEMS = [
  FILE_PARAMETERS,
  VIRTUAL_SIZE,
  PAGE_83_DATA,
  LOGICAL_SECTOR_BYTES,
  PHYSICAL_SECTOR_BYTES,
];
const SECTORS_PER_CHUNK = 2 ** 23;
const FLAG_HAS_PARENT = 2;
const ENTRY_BYTES = 8;
const STATE = 7;
const PRESENT = 6;

/**
 * Checks a Hyper-V disk ([MS-VHDX]), as strictly as qemu does (block/vhdx.c).
 * @throws GiveUp with the reason
 */
export async function inspectVhdx(reader: Reader, limits: Limits): Promise<Disk> {
  const log = await readLog(reader);
  const regions = await readRegions(reader, [REGION_BLOCKS, REGION_METADATA], [log]);
  const items = await readItems(reader, regionOf(regions, REGION_METADATA, "metadata"), ITEMS);
  const parameters = itemOf(items, FILE_PARAMETERS, 8);
  if ((parameters.readUInt32LE(4) & FLAG_HAS_PARENT) !== 0) {
    throw refusal("parent-disk", "the VHDX is a difference to another disk");
  }
  const virtualSizeBytes = u64le(itemOf(items, VIRTUAL_SIZE, 8), 0);
  checkVirtualSize(virtualSizeBytes, limits);
  const blockBytes = parameters.readUInt32LE(0);
  const sectorBytes = itemOf(items, LOGICAL_SECTOR_BYTES, 4).readUInt32LE(0);
  itemOf(items, PHYSICAL_SECTOR_BYTES, 4);
  itemOf(items, PAGE_83_DATA, 16);
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

function regionOf(regions: ReadonlyMap<string, Range>, id: string, what: string): Range {
  const region = regions.get(id);
  if (region === undefined) {
    throw refusal("bad-header", `the VHDX has no ${what}`);
  }
  return region;
}

function itemOf(items: ReadonlyMap<string, Buffer>, id: string, size: number): Buffer {
  const item = items.get(id);
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
  if (entries * ENTRY_BYTES > region.size) {
    throw refusal("bad-header", `a VHDX block table of ${region.size} bytes for ${blocks} blocks`);
  }
  const table = { offset: region.offset, size: entries * ENTRY_BYTES };
  let plainBytes = 0;
  let index = 0;
  for await (const piece of tablePieces(reader, table, "the VHDX block table")) {
    for (let at = 0; at < piece.length; at += ENTRY_BYTES, index += 1) {
      const isBitmap = index % (blocksPerChunk + 1) === blocksPerChunk;
      if (isBitmap || (piece.readUInt8(at) & STATE) < PRESENT) {
        continue;
      }
      const offset = Math.floor(u64le(piece, at) / 2 ** 20) * 2 ** 20;
      if (offset + blockBytes > reader.size) {
        throw refusal(
          "truncated",
          `the VHDX has data at ${offset}, but only ${reader.size} bytes`,
          { offset },
        );
      }
      plainBytes += blockBytes;
    }
  }
  checkExpansion({ plainBytes, compressedBytes: 0, tableBytes: 0 }, reader.size, blockBytes);
  return plainBytes;
}
