import { readExactly, tablePieces, u64be, type Range, type Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";
import type { Qcow2Header } from "./qcow2-header.ts";
import type { UsedPlaces } from "./used-places.ts";

/**
 * Checks the dirty bitmaps, which incremental backups leave in an image. They are not converted, but qemu-img loads them all when it
 * opens the image, and does not open it when one is not as it should be (block/qcow2-bitmap.c).
 * @param announcement the header extension
 * @throws GiveUp `table-limit`, `corrupt`, `truncated`
 */
export async function checkBitmaps(
  reader: Reader,
  header: Qcow2Header,
  announcement: Range,
  places: UsedPlaces,
): Promise<void> {
  const { count, directory } = await readAnnouncement(reader, header, announcement);
  places.take("metadata", directory);
  const names = new Set<string>();
  const end = directory.offset + directory.size;
  let loadedBytes = 0;
  let offset = directory.offset;
  for (let index = 0; index < count; index += 1) {
    const bitmap = await readEntry(reader, { offset, size: end - offset });
    checkEntry(bitmap, header);
    if (names.has(bitmap.name)) {
      throw refusal("corrupt", "the qcow2 image has two dirty bitmaps of one name");
    }
    names.add(bitmap.name);
    loadedBytes += bytesOf(bitmap, header);
    if (loadedBytes > MAX_LOADED_BYTES) {
      throw refusal("table-limit", `qcow2 dirty bitmaps of ${loadedBytes} bytes`, { loadedBytes });
    }
    await checkTable(reader, header, bitmap.table, places);
    offset += bitmap.entryBytes;
  }
  if (offset !== end) {
    throw refusal("corrupt", "the qcow2 image has another number of dirty bitmaps than it says");
  }
}

const ANNOUNCEMENT_BYTES = 24;
const ENTRY_BYTES = 24; // without extra data and name
const MAX_NAME_BYTES = 1023;
const MAX_BITMAPS = 1024; // as of snapshots; backups keep a handful
const MAX_LOADED_BYTES = 256 * 2 ** 20; // a disk of 1 TiB in clusters of 64 KiB has 2 MiB
const DIRTY_TRACKING = 1;
const FLAG_IN_USE = 1;
const KNOWN_FLAGS = 3;
const ALL_ONES = 1;

interface Bitmap {
  readonly entryBytes: number;
  readonly table: Range;
  readonly flags: number;
  readonly type: number;
  readonly granularityBits: number;
  readonly extraBytes: number;
  readonly name: string;
}

async function readAnnouncement(
  reader: Reader,
  { clusterBytes }: Qcow2Header,
  announcement: Range,
): Promise<{ readonly count: number; readonly directory: Range }> {
  if (announcement.size !== ANNOUNCEMENT_BYTES) {
    throw refusal("corrupt", `a qcow2 bitmaps extension of ${announcement.size} bytes`);
  }
  const bytes = await readExactly(reader, announcement, "the qcow2 bitmaps extension");
  const count = bytes.readUInt32BE(0);
  const directory = { offset: u64be(bytes, 16), size: u64be(bytes, 8) };
  if (count > MAX_BITMAPS || directory.size > MAX_BITMAPS * (ENTRY_BYTES + MAX_NAME_BYTES + 1)) {
    throw refusal(
      "table-limit",
      `${count} qcow2 dirty bitmaps in a directory of ${directory.size} bytes`,
    );
  }
  if (
    count === 0 ||
    bytes.readUInt32BE(4) !== 0 ||
    directory.offset === 0 ||
    directory.offset % clusterBytes !== 0
  ) {
    throw refusal(
      "corrupt",
      `a qcow2 directory of ${count} dirty bitmaps cannot be at ${directory.offset}`,
    );
  }
  return { count, directory };
}

/** @param rest of the directory */
async function readEntry(reader: Reader, rest: Range): Promise<Bitmap> {
  const what = "the qcow2 bitmap directory";
  const start = { offset: rest.offset, size: Math.min(ENTRY_BYTES, rest.size) };
  const entry = await readExactly(reader, start, what);
  if (entry.length < ENTRY_BYTES) {
    throw refusal("corrupt", `${what} ends within a bitmap`);
  }
  const nameBytes = entry.readUInt16BE(18);
  const extraBytes = entry.readUInt32BE(20);
  const entryBytes = Math.ceil((ENTRY_BYTES + nameBytes + extraBytes) / 8) * 8;
  if (entryBytes > rest.size || nameBytes > MAX_NAME_BYTES) {
    throw refusal("corrupt", `${what} has an entry of ${entryBytes} bytes`);
  }
  const name = { offset: rest.offset + ENTRY_BYTES + extraBytes, size: nameBytes };
  const [text = ""] = (await readExactly(reader, name, what)).toString("latin1").split("\0");
  return {
    entryBytes,
    table: { offset: u64be(entry, 0), size: entry.readUInt32BE(8) * 8 },
    flags: entry.readUInt32BE(12),
    type: entry.readUInt8(16),
    granularityBits: entry.readUInt8(17),
    extraBytes,
    name: text, // as qemu compares it
  };
}

function checkEntry(bitmap: Bitmap, header: Qcow2Header): void {
  const { table, flags, type, granularityBits, extraBytes } = bitmap;
  // A bitmap that is in use may be older than the disk's last change of size; its data is not loaded.
  const isStale = (flags & FLAG_IN_USE) !== 0;
  const clusters = Math.ceil(bytesOf(bitmap, header) / header.clusterBytes);
  if (
    type !== DIRTY_TRACKING ||
    (flags & ~KNOWN_FLAGS) !== 0 ||
    granularityBits < 9 ||
    granularityBits > 31 ||
    extraBytes !== 0 ||
    table.size === 0 ||
    (!isStale && table.size !== clusters * 8)
  ) {
    throw refusal(
      "corrupt",
      `a qcow2 dirty bitmap of type ${type}, flags ${flags}, 2^${granularityBits} bytes for each bit, ` +
        `${extraBytes} bytes of extra data, and a table of ${table.size}`,
    );
  }
  if (table.size * (header.clusterBytes / 8) > 2 * MAX_LOADED_BYTES) {
    throw refusal("table-limit", `a qcow2 dirty bitmap with a table of ${table.size} bytes`);
  }
}

/** What the bits of a bitmap take. */
function bytesOf({ granularityBits }: Bitmap, { virtualSizeBytes }: Qcow2Header): number {
  return Math.ceil(virtualSizeBytes / 2 ** granularityBits / 8);
}

async function checkTable(
  reader: Reader,
  { clusterBytes }: Qcow2Header,
  table: Range,
  places: UsedPlaces,
): Promise<void> {
  if (table.offset === 0 || table.offset % clusterBytes !== 0) {
    throw refusal("corrupt", `a qcow2 bitmap table cannot be at ${table.offset}`);
  }
  places.take("metadata", table);
  for await (const piece of tablePieces(reader, table, "a qcow2 bitmap table")) {
    for (let at = 0; at < piece.length; at += 8) {
      const offset = u64be(piece, at);
      if (offset <= ALL_ONES) {
        continue; // no cluster: all bits are alike
      }
      if (offset % clusterBytes !== 0 || offset >= 2 ** 56) {
        throw refusal("corrupt", `a piece of a qcow2 dirty bitmap cannot be at ${offset}`);
      }
      if (offset >= reader.size) {
        throw refusal("truncated", "a qcow2 dirty bitmap is cut off", { offset });
      }
      places.take("metadata", { offset, size: clusterBytes });
    }
  }
}
