import { checkExpansion, checkVirtualSize, type Disk, type Limits } from "../limits.ts";
import { readExactly, tablePieces, u64be, type Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";
import { UsedPlaces } from "./used-places.ts";

const SECTOR = 512;
const COOKIE = "conectix";
const FIXED = 2;
const DYNAMIC = 3;
const ENTRY_BYTES = 4;
const NOT_ALLOCATED = 0xffffffff;
const MAX_BYTES = 0xff000000 * SECTOR; // qemu's VHD_MAX_SECTORS
const MAX_CHS_BYTES = 65_535 * 16 * 255 * SECTOR;
/** What both footers must have alike: name, and where it is in them. */
const COMPARED = [
  ["place of the dynamic header", 16, 24],
  ["program that made it", 28, 32],
  ["size", 48, 56],
  ["geometry", 56, 60],
  ["type", 60, 64],
  ["identifier", 68, 84],
] as const;
/** Programs that go by the geometry; all others by the size. qemu 7 has it the other way round, so it is told. */
const GEOMETRY_CREATORS: readonly string[] = ["vpc ", "qemu"];

/**
 * Checks a Virtual PC disk, fixed or dynamic (Microsoft's "Virtual Hard Disk Image Format Specification" 1.0).
 * @throws GiveUp with the reason
 */
export async function inspectVhd(reader: Reader, limits: Limits): Promise<Disk> {
  const footer = await readFooter(reader);
  const type = footer.readUInt32BE(60);
  const size = sizeOf(footer);
  const { virtualSizeBytes } = size;
  if (type === FIXED) {
    checkVirtualSize(virtualSizeBytes, limits);
    if (virtualSizeBytes > reader.size - SECTOR) {
      throw refusal(
        "truncated",
        `a fixed VHD of ${virtualSizeBytes} bytes in a file of ${reader.size}`,
      );
    }
    return { subformat: "fixed", ...size, dataBytes: virtualSizeBytes };
  }
  if (type !== DYNAMIC) {
    throw refusal(
      "parent-disk",
      `the VHD is a difference to another disk, or of an unknown type (${type})`,
      { type },
    );
  }
  checkVirtualSize(virtualSizeBytes, limits);
  const dataBytes = await measureBlocks(reader, u64be(footer, 16), virtualSizeBytes);
  return { subformat: "dynamic", ...size, dataBytes };
}

/** A fixed disk has its footer at the end only, a dynamic one also at the beginning, which is the one that qemu reads. */
async function readFooter(reader: Reader): Promise<Buffer> {
  if (reader.size % SECTOR !== 0) {
    throw refusal(
      "bad-header",
      `a VHD of ${reader.size} bytes: its footer is cut, or of 511 bytes as before 2004`,
    );
  }
  const start = await readExactly(reader, { offset: 0, size: SECTOR }, "the VHD header");
  const end = await readExactly(
    reader,
    { offset: reader.size - SECTOR, size: SECTOR },
    "the VHD footer",
  );
  const atStart = start.toString("latin1", 0, 8) === COOKIE;
  const footer = atStart ? start : end;
  checkSum(footer, 64, "footer");
  if (atStart) {
    checkCopy(footer, end);
  }
  if (atStart !== (footer.readUInt32BE(60) === DYNAMIC) && footer.readUInt32BE(60) <= DYNAMIC) {
    throw refusal("corrupt", "the VHD's type does not fit the place of its footer");
  }
  return footer;
}

/** qemu goes by the first footer, others by the last, or by the one that is not damaged. */
function checkCopy(footer: Buffer, end: Buffer): void {
  if (end.toString("latin1", 0, 8) !== COOKIE) {
    throw refusal("truncated", "the footer at the end of the VHD is missing");
  }
  checkSum(end, 64, "footer at the end");
  for (const [what, from, to] of COMPARED) {
    if (!footer.subarray(from, to).equals(end.subarray(from, to))) {
      throw refusal("corrupt", `the VHD's two footers have different values for the ${what}`);
    }
  }
}

/** The ones' complement of the sum of all other bytes. */
function checkSum(block: Buffer, at: number, what: string): void {
  let sum = 0;
  for (const [index, byte] of block.entries()) {
    sum += index >= at && index < at + 4 ? 0 : byte;
  }
  if (block.readUInt32BE(at) !== ~sum >>> 0) {
    throw refusal("corrupt", `the checksum of the VHD ${what} is wrong`);
  }
}

/**
 * Virtual PC goes by the geometry, which is a little smaller than the size for most disks. Whom to follow, qemu decides by the
 * name of the program that made the disk, and from version 10 on by another list than before.
 */
function sizeOf(footer: Buffer): Pick<Disk, "virtualSizeBytes" | "driverOptions"> {
  const goesByGeometry = GEOMETRY_CREATORS.includes(footer.toString("latin1", 28, 32));
  const chsBytes = footer.readUInt16BE(56) * footer.readUInt8(58) * footer.readUInt8(59) * SECTOR;
  return {
    virtualSizeBytes:
      goesByGeometry && chsBytes !== MAX_CHS_BYTES
        ? chsBytes
        : Math.floor(u64be(footer, 48) / SECTOR) * SECTOR,
    driverOptions: { force_size_calc: goesByGeometry ? "chs" : "current_size" },
  };
}

async function measureBlocks(
  reader: Reader,
  headerOffset: number,
  virtualSizeBytes: number,
): Promise<number> {
  const header = await readExactly(
    reader,
    { offset: headerOffset, size: 1024 },
    "the VHD's dynamic header",
  );
  if (header.toString("latin1", 0, 8) !== "cxsparse") {
    throw refusal("bad-header", "the VHD's dynamic header is missing");
  }
  checkSum(header, 36, "dynamic header");
  const entries = header.readUInt32BE(28);
  const blockBytes = header.readUInt32BE(32);
  if (blockBytes < SECTOR || blockBytes > 2 ** 28 || !Number.isInteger(Math.log2(blockBytes))) {
    throw refusal("bad-header", `VHD blocks of ${blockBytes} bytes`, { blockBytes });
  }
  // qemu reads all of the table, also what the disk does not need.
  if (entries * blockBytes < virtualSizeBytes || entries * blockBytes > MAX_BYTES) {
    throw refusal(
      "bad-header",
      `${entries} VHD blocks of ${blockBytes} bytes for a disk of ${virtualSizeBytes}`,
    );
  }
  const table = { offset: u64be(header, 16), size: entries * ENTRY_BYTES };
  const places = new UsedPlaces(reader.size, SECTOR);
  places.take("metadata", { offset: 0, size: SECTOR });
  places.take("metadata", { offset: reader.size - SECTOR, size: SECTOR });
  places.take("metadata", { offset: headerOffset, size: header.length });
  places.take("metadata", table);
  const bitmapBytes = Math.ceil(blockBytes / SECTOR / 8 / SECTOR) * SECTOR;
  let plainBytes = 0;
  for await (const piece of tablePieces(reader, table, "the VHD block table")) {
    for (let at = 0; at < piece.length; at += ENTRY_BYTES) {
      const sector = piece.readUInt32BE(at);
      if (sector === NOT_ALLOCATED) {
        continue;
      }
      if (sector * SECTOR + bitmapBytes + blockBytes > reader.size) {
        throw refusal(
          "truncated",
          `the VHD has a block in sector ${sector}, but only ${reader.size} bytes`,
          { sector },
        );
      }
      plainBytes += blockBytes;
      places.take("data", { offset: sector * SECTOR, size: bitmapBytes + blockBytes });
    }
  }
  checkExpansion({ plainBytes, compressedBytes: 0, tableBytes: 0 }, reader.size, blockBytes);
  places.check();
  return plainBytes;
}
