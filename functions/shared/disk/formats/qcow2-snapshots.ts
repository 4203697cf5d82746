import { readExactly, u64be, type Range, type Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";
import type { Qcow2Header } from "./qcow2-header.ts";
import type { UsedPlaces } from "./used-places.ts";

/**
 * Walks through the table of snapshots. They are not converted, but qemu-img reads it when it opens the image. Each has a level 1
 * table of its own; what that names is shared with others, and not looked at.
 * @throws GiveUp `table-limit`, `corrupt`, `truncated`
 */
export async function checkSnapshots(
  reader: Reader,
  header: Qcow2Header,
  places: UsedPlaces,
): Promise<void> {
  const { snapshots, snapshotsOffset, clusterBytes } = header;
  if (snapshots > MAX_SNAPSHOTS) {
    throw refusal("table-limit", `${snapshots} qcow2 snapshots`);
  }
  // Asked by qemu even when there are none (block/qcow2.c, qcow2_validate_table).
  if (snapshotsOffset % clusterBytes !== 0 || snapshotsOffset > MAX_OFFSET) {
    throw refusal("corrupt", `a qcow2 snapshot table cannot be at ${snapshotsOffset}`);
  }
  if (snapshots > 0) {
    places.take("metadata", { offset: snapshotsOffset, size: clusterBytes }); // before it is believed
  }
  let end = snapshotsOffset;
  for (let index = 0; index < snapshots; index += 1) {
    const offset = Math.ceil(end / 8) * 8; // behind the last one the file may end without filling
    const range = { offset, size: ENTRY_BYTES };
    const entry = await readExactly(reader, range, "the qcow2 snapshot table");
    const extraBytes = entry.readUInt32BE(36);
    if (extraBytes > MAX_EXTRA_BYTES) {
      throw refusal("corrupt", `a qcow2 snapshot with ${extraBytes} bytes of extra data`);
    }
    end = offset + ENTRY_BYTES + extraBytes + entry.readUInt16BE(12) + entry.readUInt16BE(14);
    const l1 = { offset: u64be(entry, 0), size: entry.readUInt32BE(8) * 8 };
    checkLevel1(l1, header, reader.size);
    places.take("metadata", l1);
  }
  const rest = snapshotsOffset + clusterBytes;
  places.take("metadata", { offset: rest, size: Math.max(0, end - rest) });
  if (end > reader.size && snapshots > 0) {
    throw refusal("truncated", "the qcow2 snapshot table is cut off");
  }
}

function checkLevel1(
  { offset, size }: Range,
  { clusterBytes }: Qcow2Header,
  fileBytes: number,
): void {
  if (offset % clusterBytes !== 0) {
    throw refusal("corrupt", `the level 1 table of a qcow2 snapshot cannot be at ${offset}`);
  }
  if (offset + size > fileBytes) {
    throw refusal("truncated", "the level 1 table of a qcow2 snapshot is cut off");
  }
}

const ENTRY_BYTES = 40; // without id, name and extra data
const MAX_OFFSET = 2 ** 63 - 1; // what fits into a signed number of 64 bits
const MAX_SNAPSHOTS = 1024;
const MAX_EXTRA_BYTES = 1024; // qemu: QCOW_MAX_SNAPSHOT_EXTRA_DATA
