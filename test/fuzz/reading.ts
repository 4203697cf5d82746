import { execa } from "execa";
import * as z from "zod";
import type { Inspection } from "../../functions/shared/disk/finding.ts";

/**
 * Has qemu-img read all of a disk that we have accepted, and count what uses the places of its file.
 * @param image as qemu-img is told to open it
 * @param target a file that may be written
 * @returns undefined when the disk can be read, and qemu-img knows of no place that is used twice
 */
export async function readingFault(
  inspection: Inspection,
  image: string,
  target: string,
): Promise<string | undefined> {
  if (inspection.virtualSizeBytes > MAX_DISK_BYTES) {
    return undefined;
  }
  const converted = await qemuImg("convert", "-O", "raw", image, target);
  // Compressed data is looked at when it is unpacked.
  const isPacked = /error while reading/.test(converted.stderr) && isQcow2OrVmdk(inspection);
  if (converted.failed && !isPacked) {
    return `qemu-img cannot convert it: ${converted.stderr}`;
  }
  return inspection.format === "qcow2" || inspection.format === "vdi"
    ? await checkFault(inspection, image)
    : undefined;
}

const MAX_DISK_BYTES = 64 * 2 ** 20;

const checkSchema = z.object({
  corruptions: z.number().default(0),
  "compressed-clusters": z.number().default(0),
});

async function checkFault({ format }: Inspection, image: string): Promise<string | undefined> {
  const { stdout, stderr } = await qemuImg("check", "--output=json", image);
  if (!stdout.startsWith("{")) {
    return `qemu-img cannot check it: ${stderr}`;
  }
  const said = checkSchema.parse(JSON.parse(stdout));
  // Reference counts that are wrong do not matter here; but they tell what is used more than once, which snapshots and compressed
  // clusters may be.
  const isTwice =
    format === "vdi"
      ? said.corruptions > 0
      : /reference=(?:[2-9]|\d\d)/.test(stderr) && said["compressed-clusters"] === 0;
  const mayBe = isTwice && (await hasSnapshots(image));
  return isTwice && !mayBe ? `qemu-img finds places that are used twice: ${stderr}` : undefined;
}

async function hasSnapshots(image: string): Promise<boolean> {
  const { stdout } = await qemuImg("info", "--output=json", image);
  return stdout.includes('"snapshots"');
}

function isQcow2OrVmdk({ format }: Inspection): boolean {
  return format === "qcow2" || format === "vmdk";
}

async function qemuImg(...options: readonly string[]) {
  const limits = ["--as=4294967296", "--cpu=60", "--core=0"];
  return execa("prlimit", [...limits, "qemu-img", ...options], { reject: false, timeout: 60_000 });
}
