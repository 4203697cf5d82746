import { createHash } from "node:crypto";
import { mkdir, open, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";

/** A disk image that was made for the story. */
export interface Appliance {
  /** The file as a list would offer it. */
  readonly file: string;
  /** sha256 of the disk, in raw: what must end up in the datastore. */
  readonly diskSha256: string;
}

/** A raw disk of 4 MiB: a partition with a few blocks that depend on `seed`, the rest holes. */
export async function makeRaw(directory: string, name: string, seed: string): Promise<Appliance> {
  await mkdir(directory, { recursive: true });
  const file = join(directory, `${name}.img`);
  const disk = Buffer.alloc(DISK_BYTES);
  partition(disk);
  for (let block = 0; block < 8; block++) {
    const text = createHash("sha512").update(`${seed} ${block}`).digest();
    disk.fill(text, block * STRIDE_BYTES + 4096, block * STRIDE_BYTES + 4096 + 65_536);
  }
  const handle = await open(file, "w");
  await handle.writeFile(disk);
  await handle.close();
  return { file, diskSha256: createHash("sha256").update(disk).digest("hex") };
}

/** The same disk as an OVA: an OVF and a stream-optimized VMDK in a tar, as VirtualBox exports it. */
export async function makeOva(directory: string, name: string, seed: string): Promise<Appliance> {
  const raw = await makeRaw(directory, name, seed);
  const vmdk = `${name}-disk1.vmdk`;
  const members = join(directory, `${name}.members`);
  await mkdir(members, { recursive: true });
  const args = ["convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized"];
  await execa("qemu-img", [...args, raw.file, join(members, vmdk)]);
  await writeFile(join(members, `${name}.ovf`), ovf(vmdk, (await stat(join(members, vmdk))).size));
  const file = join(directory, `${name}.ova`);
  await execa("tar", ["--format=ustar", "-C", members, "-cf", file, `${name}.ovf`, vmdk]);
  await rm(members, { recursive: true });
  return { file, diskSha256: raw.diskSha256 };
}

/** Without a partition table nothing would say that it is a disk. */
function partition(disk: Buffer): void {
  const ENTRY_AT = 446;
  const FIRST_SECTOR = 8;
  disk.writeUInt8(0x83, ENTRY_AT + 4); // Linux
  disk.writeUInt32LE(FIRST_SECTOR, ENTRY_AT + 8);
  disk.writeUInt32LE(DISK_BYTES / 512 - FIRST_SECTOR, ENTRY_AT + 12);
  disk.writeUInt16BE(0x55aa, 510);
}

const DISK_BYTES = 4 * 2 ** 20;
const STRIDE_BYTES = DISK_BYTES / 8;

function ovf(vmdk: string, sizeBytes: number): string {
  return `<?xml version="1.0"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
    xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData">
  <References><File ovf:id="file1" ovf:href="${vmdk}" ovf:size="${sizeBytes}"/></References>
  <DiskSection><Info>disks</Info><Disk ovf:diskId="disk1" ovf:fileRef="file1" ovf:capacity="${DISK_BYTES}"
    ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/></DiskSection>
  <VirtualSystem ovf:id="vm"><Info>a machine</Info><VirtualHardwareSection><Info>hardware</Info>
    <Item><rasd:Address>0</rasd:Address><rasd:ElementName>SATA</rasd:ElementName><rasd:InstanceID>1</rasd:InstanceID>
      <rasd:ResourceType>20</rasd:ResourceType></Item>
    <Item><rasd:AddressOnParent>0</rasd:AddressOnParent><rasd:ElementName>disk1</rasd:ElementName>
      <rasd:HostResource>/disk/disk1</rasd:HostResource><rasd:InstanceID>2</rasd:InstanceID><rasd:Parent>1</rasd:Parent>
      <rasd:ResourceType>17</rasd:ResourceType></Item>
  </VirtualHardwareSection></VirtualSystem>
</Envelope>
`;
}
