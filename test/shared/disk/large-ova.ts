import { open } from "node:fs/promises";
import { member, ovf } from "./archives.ts";

const CLUSTER_BYTES = 65_536;
const ENTRIES = CLUSTER_BYTES / 8;

/**
 * Writes an OVA of that many GiB which holds a qcow2 disk without a free cluster. Its tables are there in full, its data are a
 * hole, so that the file occupies next to nothing.
 */
export async function writeLargeOva(path: string, gibibytes: number): Promise<void> {
  const virtualSizeBytes = gibibytes * 2 ** 30;
  const tables = virtualSizeBytes / (ENTRIES * CLUSTER_BYTES);
  const l2At = 3 * CLUSTER_BYTES;
  const dataAt = l2At + tables * CLUSTER_BYTES;
  const head = Buffer.alloc(dataAt);
  head.write("QFI\xFB", 0, "latin1");
  head.writeUInt32BE(2, 4);
  head.writeUInt32BE(Math.log2(CLUSTER_BYTES), 20);
  head.writeBigUInt64BE(BigInt(virtualSizeBytes), 24);
  head.writeUInt32BE(tables, 36);
  head.writeBigUInt64BE(BigInt(2 * CLUSTER_BYTES), 40);
  head.writeBigUInt64BE(BigInt(CLUSTER_BYTES), 48);
  head.writeUInt32BE(1, 56);
  for (let table = 0; table < tables; table += 1) {
    const offset = l2At + table * CLUSTER_BYTES;
    head.writeBigUInt64BE(BigInt(offset), 2 * CLUSTER_BYTES + table * 8);
    for (let entry = 0; entry < ENTRIES; entry += 1) {
      const cluster = table * ENTRIES + entry;
      head.writeBigUInt64BE(BigInt(dataAt + cluster * CLUSTER_BYTES), offset + entry * 8);
    }
  }
  const descriptor = member(
    "x.ovf",
    ovf(
      '<File ovf:id="f" ovf:href="disk.qcow2"/>',
      `<Disk ovf:diskId="d" ovf:fileRef="f" ovf:capacity="${gibibytes}" ovf:capacityAllocationUnits="byte * 2^30"/>`,
    ),
  );
  const diskBytes = dataAt + virtualSizeBytes;
  const header = member("disk.qcow2", "", { size: base256(diskBytes) });
  await using file = await open(path, "wx");
  await file.write(Buffer.concat([descriptor, header, head]));
  const END_BYTES = 1024;
  await file.truncate(descriptor.length + header.length + diskBytes + END_BYTES);
}

/** As GNU tar writes sizes of 8 GiB and more. */
function base256(size: number): string {
  const field = Buffer.alloc(12);
  field.writeBigUInt64BE(BigInt(size), 4);
  field.writeUInt8(0x80, 0);
  return field.toString("latin1");
}
