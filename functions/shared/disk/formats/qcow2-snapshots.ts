import { readExactly, type Reader } from "../reader.ts";
import { refusal } from "../refusal.ts";
import type { Qcow2Header } from "./qcow2-header.ts";

/**
 * Walks through the table of snapshots. They are not converted, but qemu-img reads it when it opens the image.
 * @throws GiveUp `table-limit`, `corrupt`, `truncated`
 */
export async function checkSnapshots(
  reader: Reader,
  { snapshots, snapshotsOffset, clusterBytes }: Qcow2Header,
): Promise<void> {
  if (snapshots > MAX_SNAPSHOTS) {
    throw refusal("table-limit", `${snapshots} qcow2 snapshots`);
  }
  // Asked by qemu even when there are none.
  if (snapshotsOffset % clusterBytes !== 0) {
    throw refusal("corrupt", `a qcow2 snapshot table cannot be at ${snapshotsOffset}`);
  }
  let offset = snapshotsOffset;
  for (let index = 0; index < snapshots; index += 1) {
    const range = { offset, size: ENTRY_BYTES };
    const entry = await readExactly(reader, range, "the qcow2 snapshot table");
    const extraBytes = entry.readUInt32BE(36);
    if (extraBytes > MAX_EXTRA_BYTES) {
      throw refusal("corrupt", `a qcow2 snapshot with ${extraBytes} bytes of extra data`);
    }
    const length = ENTRY_BYTES + extraBytes + entry.readUInt16BE(12) + entry.readUInt16BE(14);
    offset += Math.ceil(length / 8) * 8;
  }
  if (offset > reader.size && snapshots > 0) {
    throw refusal("truncated", "the qcow2 snapshot table is cut off");
  }
}

const ENTRY_BYTES = 40; // without id, name and extra data
const MAX_SNAPSHOTS = 1024;
const MAX_EXTRA_BYTES = 1024; // qemu: QCOW_MAX_SNAPSHOT_EXTRA_DATA
