import { checkExpansion, checkVirtualSize, type Disk, type Limits } from "../limits.ts";
import { readExactly, tablePieces, u64le, type Range, type Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";
import { UsedPlaces } from "./used-places.ts";

const HEADER_BYTES = 512;
const VERSION = 0x1_0001; // 1.1, the only one that qemu reads
const TYPES: ReadonlyMap<number, string> = new Map([
  [1, "dynamic"],
  [2, "fixed"],
]);
const BLOCK_BYTES = 2 ** 20;
const ENTRY_BYTES = 4;
const NOT_ALLOCATED = 0xfffffffe; // and 0xffffffff
const LINK_UUIDS = { offset: 424, size: 32 }; // link and parent, 16 bytes each

/**
 * Checks a VirtualBox disk (qemu block/vdi.c).
 * @throws GiveUp with the reason
 */
export async function inspectVdi(reader: Reader, limits: Limits): Promise<Disk> {
  const header = await readExactly(reader, { offset: 0, size: HEADER_BYTES }, "the VDI header");
  const version = header.readUInt32LE(68);
  if (version !== VERSION) {
    throw refusal("unsupported-version", `VDI version ${version >>> 16}.${version & 0xffff}`);
  }
  const subformat = TYPES.get(header.readUInt32LE(76));
  const links = header.subarray(LINK_UUIDS.offset, LINK_UUIDS.offset + LINK_UUIDS.size);
  if (subformat === undefined || links.some((byte) => byte !== 0)) {
    throw refusal("parent-disk", "the VDI is a difference to another disk, or of an unknown type");
  }
  const virtualSizeBytes = Math.ceil(u64le(header, 368) / 512) * 512; // as qemu rounds it
  checkVirtualSize(virtualSizeBytes, limits);
  const blocks = header.readUInt32LE(384);
  if (header.readUInt32LE(376) !== BLOCK_BYTES || header.readUInt32LE(360) !== 512) {
    throw refusal(
      "bad-header",
      `VDI blocks of ${header.readUInt32LE(376)} bytes in sectors of ${header.readUInt32LE(360)}`,
    );
  }
  if (blocks !== Math.ceil(virtualSizeBytes / BLOCK_BYTES)) {
    throw refusal("bad-header", `${blocks} VDI blocks for a disk of ${virtualSizeBytes} bytes`);
  }
  const map = { offset: header.readUInt32LE(340), size: blocks * ENTRY_BYTES };
  const dataOffset = header.readUInt32LE(344);
  // As qemu wants it.
  if (map.offset % 512 !== 0 || dataOffset % 512 !== 0) {
    throw refusal("bad-header", `a VDI block map at ${map.offset}, and its data at ${dataOffset}`);
  }
  if (map.offset < HEADER_BYTES || map.offset + map.size > dataOffset) {
    throw refusal("corrupt", "the VDI's header, block map and data overlap", {
      mapOffset: map.offset,
      dataOffset,
    });
  }
  const { allocated, dataBytes } = await measureBlocks(reader, map, dataOffset, blocks);
  if (allocated !== header.readUInt32LE(388)) {
    throw refusal(
      "corrupt",
      `the VDI's header says that it has ${header.readUInt32LE(388)} blocks, its map ${allocated}`,
    );
  }
  return { subformat, virtualSizeBytes, dataBytes };
}

async function measureBlocks(
  reader: Reader,
  map: Range,
  dataOffset: number,
  blocks: number,
): Promise<{ readonly allocated: number; readonly dataBytes: number }> {
  const places = new UsedPlaces(blocks * BLOCK_BYTES, BLOCK_BYTES);
  let plainBytes = 0;
  for await (const piece of tablePieces(reader, map, "the VDI block map")) {
    for (let at = 0; at < piece.length; at += ENTRY_BYTES) {
      const block = piece.readUInt32LE(at);
      if (block >= NOT_ALLOCATED) {
        continue;
      }
      plainBytes += BLOCK_BYTES;
      if (dataOffset + block * BLOCK_BYTES >= reader.size) {
        throw refusal(
          "truncated",
          `the VDI has data in block ${block}, but only ${reader.size} bytes`,
          { block, fileBytes: reader.size },
        );
      }
      if (block >= blocks) {
        throw refusal("corrupt", `the VDI has data in block ${block}, but only ${blocks} blocks`);
      }
      places.take("data", { offset: block * BLOCK_BYTES, size: BLOCK_BYTES });
    }
  }
  checkExpansion({ plainBytes, compressedBytes: 0, tableBytes: 0 }, reader.size, BLOCK_BYTES);
  places.check();
  return { allocated: plainBytes / BLOCK_BYTES, dataBytes: plainBytes };
}
