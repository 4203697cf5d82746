import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { Appliance } from "../../functions/cli/demo/appliance.ts";

/** An image as a list offers it, and its format as lists spell it. */
export interface TinyImage extends Appliance {
  readonly format: "RAW" | "qcow2";
}

/** Makes images of 256 KiB, each with a content of its own: nine in ten RAW, the others qcow2. */
export async function createTinyImages(
  directory: string,
): Promise<(number: number) => Promise<TinyImage>> {
  await mkdir(directory, { recursive: true });
  const blank = join(directory, "blank.img");
  const [raw, qcow2] = [diskOf(MARK), join(directory, "blank.qcow2")];
  await writeFile(blank, raw);
  await execa("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", blank, qcow2]);
  const template = await readFile(qcow2);
  return async (number) => {
    const text = `image number ${number} `.padEnd(MARK.length, ".");
    const disk = diskOf(text);
    const isRaw = number % 10 !== 0;
    const format = isRaw ? "RAW" : "qcow2";
    const file = join(directory, `${number}.${format}`);
    const content = isRaw ? disk : Buffer.from(template);
    if (!isRaw) {
      content.write(text, template.indexOf(MARK), "latin1");
    }
    await writeFile(file, content);
    return { file, format, diskSha256: createHash("sha256").update(disk).digest("hex") };
  };
}

const DISK_BYTES = 256 * 1024;
const MARK = "here is what differs".padEnd(64, ".");

function diskOf(text: string): Buffer {
  const disk = Buffer.alloc(DISK_BYTES);
  disk.write(text, 8192, "latin1");
  return disk;
}
