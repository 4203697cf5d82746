import { checkExpansion, checkVirtualSize, type Disk, type Limits } from "../limits.ts";
import { tablePieces, u64le, type Range, type Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";
import { UsedPlaces } from "./used-places.ts";
import { readItems, readLog, readRegions } from "./vhdx-structures.ts";

/** GUIDs as they stand in the file: the first three groups are little endian. */
const REGION_BLOCKS = "6677c22d23f600429d64115e9bfd4a08";
const REGION_METADATA = "06a27c8b90479a4bb8fe575f050f886e";
const FILE_PARAMETERS = "3767a1ca36fa434db3b633f0aa44e76b";
const VIRTUAL_SIZE = "2442a52f1bcd7648b2115dbed83bf4b8";
const PAGE_83_DATA = "ab12cabee6b2234593efc309e000c746";
const LOGICAL_SECTOR_BYTES = "1dbf41816fa90947ba47f233a8faab5f";
const PHYSICAL_SECTOR_BYTES = "c748a3cd5d4471449cc9e9885251c556";
const PARENT_LOCATOR = "2d5fd3a80bb34d45abf7d3d84834ab0c";
const ITEMS = [
  FILE_PARAMETERS,
  VIRTUAL_SIZE,
  PAGE_83_DATA,
  LOGICAL_SECTOR_BYTES,
  PHYSICAL_SECTOR_BYTES,
  PARENT_LOCATOR,
];
const SECTORS_PER_CHUNK = 2 ** 23;
const FLAG_HAS_PARENT = 2;
const ENTRY_BYTES = 8;
/** Two headers, two region tables, and room that is reserved. */
const HEADERS = { offset: 0, size: 2 ** 20 };
const STATE = 7;
const PRESENT = 6;
const STATES_OF_ZEROS = [0, 1, 2, 3, 5]; // 5 is "unmapped" of drafts; qemu takes it
const MIB = 2 ** 20;

/**
 * Checks a Hyper-V disk ([MS-VHDX]), as strictly as qemu does (block/vhdx.c).
 * @throws GiveUp with the reason
 */
export async function inspectVhdx(reader: Reader, limits: Limits): Promise<Disk> {
  const log = await readLog(reader);
  const regions = await readRegions(reader, [REGION_BLOCKS, REGION_METADATA], [log]);
  const items = await readItems(reader, regionOf(regions, REGION_METADATA, "metadata"), ITEMS);
  const parameters = itemOf(items, FILE_PARAMETERS, 8);
  if (items.has(PARENT_LOCATOR) || (parameters.readUInt32LE(4) & FLAG_HAS_PARENT) !== 0) {
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
  const places = new UsedPlaces(reader.size, MIB);
  for (const region of [HEADERS, log, ...regions.values()]) {
    places.take("metadata", region);
  }
  const table = regionOf(regions, REGION_BLOCKS, "block table");
  const dataBytes = await measureBlocks(reader, table, places, {
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
  places: UsedPlaces,
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
      const state = piece.readUInt8(at) & STATE;
      if (isBitmap || STATES_OF_ZEROS.includes(state)) {
        continue;
      }
      if (state !== PRESENT) {
        throw refusal("corrupt", `the VHDX has a block that is neither there nor not: ${state}`);
      }
      const offset = Math.floor(u64le(piece, at) / MIB) * MIB;
      if (offset + blockBytes > reader.size) {
        throw refusal(
          "truncated",
          `the VHDX has data at ${offset}, but only ${reader.size} bytes`,
          { offset },
        );
      }
      places.take("data", { offset, size: blockBytes });
      plainBytes += blockBytes;
    }
  }
  checkExpansion({ plainBytes, compressedBytes: 0, tableBytes: 0 }, reader.size, blockBytes);
  places.check();
  return plainBytes;
}
