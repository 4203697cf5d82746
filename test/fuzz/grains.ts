import { open, readFile } from "node:fs/promises";
import { execa } from "execa";
import type { Inspection } from "../../functions/shared/disk/finding.ts";
import { inflateGrains } from "../../functions/shared/disk/grains/inflate-grains.ts";
import { GiveUp } from "../../functions/shared/step/errors.ts";

/**
 * Inflates the grains of a VMDK that we have accepted, and has qemu-img do the same.
 * @param image the VMDK for qemu-img, as it is told to open it
 * @returns undefined when both get the same disk, or none; otherwise what is different
 */
export async function grainsFault(
  path: string,
  { grains, pieces, virtualSizeBytes }: Inspection,
  image: string,
): Promise<string | undefined> {
  const [range] = pieces;
  if (grains === undefined || range === undefined || virtualSizeBytes > MAX_DISK_BYTES) {
    return undefined;
  }
  const ours = `${path}.ours`;
  const theirs = `${path}.theirs`;
  const options = ["--as=4294967296", "--cpu=60", "--core=0", "qemu-img", "convert"];
  const converted = await execa("prlimit", [...options, "-O", "raw", image, theirs], {
    reject: false,
    timeout: 60_000,
  });
  await using source = await open(path);
  await using target = await open(ours, "w+");
  const conversion = { source, target, range, grains, virtualSizeBytes };
  try {
    await inflateGrains(
      {
        ...conversion,
        dataBytes: 0, // so small that it is done here
        workers: 1,
        timeoutSeconds: 60,
        checkHead: async () => Promise.resolve(),
      },
      AbortSignal.timeout(60_000),
    );
  } catch (error) {
    if (!(error instanceof GiveUp && ["corrupt", "expansion"].includes(error.code))) {
      throw error;
    }
    // qemu does not compare what a grain says of itself.
    const isKnown = converted.failed || error.message.includes("not the one that the table says");
    return isKnown ? undefined : `we say ${error.message}, qemu-img converts it`;
  }
  if (converted.failed) {
    return `we convert it, qemu-img says ${converted.stderr}`;
  }
  const isSame = (await readFile(ours)).equals(await readFile(theirs));
  return isSame ? undefined : "we and qemu-img make different disks of it";
}

const MAX_DISK_BYTES = 64 * 2 ** 20;
