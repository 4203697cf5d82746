import { rm, writeFile } from "node:fs/promises";
import { execa } from "execa";
import * as z from "zod";
import type { Inspection } from "../../functions/shared/disk/finding.ts";
import { grainsFault } from "./grains.ts";
import { readingFault } from "./reading.ts";

/**
 * Asks qemu-img, in a cage, about what we have accepted.
 * @returns undefined when it finds the same format and size, no other file and no place that is used twice, can read it, and makes the
 *   same disk of grains that we inflate ourselves; otherwise what it says
 */
export async function disagreement(
  bytes: Buffer,
  inspection: Inspection,
  path: string,
): Promise<string | undefined> {
  const [range, ...more] = inspection.pieces;
  if (range === undefined || more.length > 0) {
    return undefined; // chunks are put together first
  }
  await writeFile(path, bytes);
  try {
    const file = { driver: "file", filename: path };
    const isWhole = range.size === bytes.length;
    const size = Math.ceil(range.size / SECTOR) * SECTOR;
    const window = { driver: "raw", offset: range.offset, size, file };
    const driver = inspection.format === "vhd" ? "vpc" : inspection.format;
    const image = { driver, ...inspection.driverOptions, file: isWhole ? file : window };
    const limits = ["--as=1073741824", "--cpu=30", "--core=0"];
    const name = `json:${JSON.stringify(image)}`;
    const info = ["qemu-img", "info", "--output=json", name];
    const asked = await execa("prlimit", [...limits, ...info], { reject: false, timeout: 30_000 });
    if (asked.failed) {
      return `qemu-img refuses it: ${asked.stderr}`;
    }
    const said = answerSchema.parse(JSON.parse(asked.stdout));
    const expected = Math.ceil(inspection.virtualSizeBytes / SECTOR) * SECTOR;
    const others = [said["backing-filename"], said["full-backing-filename"], said.encrypted].filter(
      (value) => value !== undefined && value !== false,
    );
    return said.format === driver && said["virtual-size"] === expected && others.length === 0
      ? ((await readingFault(inspection, name, `${path}.theirs`)) ??
          (await grainsFault(path, inspection, name)))
      : `we found ${driver} of ${expected} bytes, qemu-img says ${asked.stdout}`;
  } finally {
    await Promise.all(["", ".ours", ".theirs"].map((end) => rm(path + end, { force: true })));
  }
}

const SECTOR = 512;

const answerSchema = z.object({
  format: z.string(),
  "virtual-size": z.number(),
  "backing-filename": z.string().optional(),
  "full-backing-filename": z.string().optional(),
  encrypted: z.boolean().optional(),
});
