import { createHash } from "node:crypto";
import { link, mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { Attempt } from "../../../functions/convert-image/attempt.ts";
import { handle } from "../../../functions/convert-image/handler.ts";
import { produceDisk } from "../../../functions/convert-image/produce-disk.ts";
import { unpackImage } from "../../../functions/convert-image/unpack-image.ts";
import { systemClock } from "../../../functions/shared/time/clock.ts";
import { readConfig } from "../../../functions/shared/settings/config.ts";
import { SliceInflater, sliceCount } from "../../../functions/shared/disk/grains/slice.ts";
import { openImage } from "../../../functions/shared/disk/image-file.ts";
import { inspectDisk, inspectImage } from "../../../functions/shared/disk/inspect-image.ts";
import { silentLog } from "../../../functions/shared/log/log.ts";
import { jobFor } from "../../convert-image/job.ts";
import { copySparse } from "./copy-sparse.ts";
import { OVA_DISK, rawBeside, type BenchImage } from "./inputs.ts";

/** What a way is given. */
export interface WayTask {
  readonly image: BenchImage;
  /** An empty directory on the file system of the images. */
  readonly directory: string;
  /** For ours. */
  readonly workers: number;
}

/** Ways to make a raw disk of an image, and parts of such a way: the floor. @returns the path of what was made */
export const WAYS = {
  predecessor,
  /** And then OpenNebula copies that. */
  predecessorCopied: async (task) => copyInto(task.directory, await predecessor(task)),
  plain,
  /** The same, with the checksum that ours makes beside. */
  verifiedPlain: async (task) => {
    await hash(task.image);
    return plain(task);
  },
  /** The step, without the checksum. */
  oursUnverified: async ({ image, directory, workers }) => {
    const config = await configIn(directory, workers);
    await using source = await openImage(image.path);
    const finding = await inspectImage(source, rules(config), stop());
    await using attempt = await Attempt.begin(config.stagingDirectory, "job", systemClock);
    const needs = { workspace: attempt, config };
    const unpacked = await unpackImage(source, finding, needs, stop());
    if (unpacked.inspection.format === "raw") {
      return image.path; // registered as it is
    }
    return await attempt.finish(await produceDisk(unpacked, needs, stop()), config.format, []);
  },
  /** The step. */
  ours: async ({ image, directory, workers }) => {
    const config = await configIn(directory, workers);
    const pin = join(config.stagingDirectory, "pin-1");
    await link(image.path, pin);
    const job = jobFor(pin, { sha512: image.sha512 });
    const opennebula = { datastores: () => Promise.resolve([]) }; // a conversion into staging asks nobody
    const deps = { config, clock: systemClock, log: silentLog, opennebula };
    const { artifact } = await handle({ job, unchanged: false }, deps, stop());
    return artifact?.path ?? "";
  },
  reading: async ({ image }) => {
    await readThrough(image.path, () => undefined);
    return image.path;
  },
  hashing: async ({ image }) => {
    await hash(image);
    return image.path;
  },
  /** On one core, into nowhere. */
  inflating: async ({ image }) => {
    await using source = await openImage(image.path);
    await using target = await open("/dev/null", "w");
    const found = await inspectDisk(
      source,
      { claim: undefined, maxVirtualSizeBytes: 2 ** 40 },
      stop(),
    );
    const [range] = found.pieces;
    if (found.grains === undefined || range === undefined) {
      throw new Error(`${image.name} has no grains`);
    }
    const { grains, virtualSizeBytes } = found;
    const job = { source: source.fd, target: target.fd, range, grains, virtualSizeBytes };
    const inflater = new SliceInflater(job);
    for (let slice = 0; slice < sliceCount(job); slice += 1) {
      inflater.inflate(slice);
    }
    return image.path;
  },
  /** Of the disk, which is sparse. */
  writing: async ({ image, directory }) => copyInto(directory, rawBeside(image)),
} satisfies Record<string, (task: WayTask) => Promise<string>>;

export type Way = keyof typeof WAYS;

/** As vmcatcher_eventHndl_ON 0.0.8 does it. */
async function predecessor({ image, directory }: WayTask): Promise<string> {
  await execa("tar", ["-xf", image.path, "-C", directory]);
  return qemuConvert(["-f", "vmdk", join(directory, OVA_DISK)], directory);
}

/** As good as it gets without us: in place, and on stable storage. */
async function plain({ image, directory }: WayTask): Promise<string> {
  const made = await qemuConvert(await inPlace(image), directory);
  await using file = await open(made, "r+");
  await file.sync();
  return made;
}

async function hash({ path }: BenchImage): Promise<void> {
  const sha512 = createHash("sha512");
  await readThrough(path, (chunk) => sha512.update(chunk));
}

async function qemuConvert(input: readonly string[], directory: string): Promise<string> {
  const made = join(directory, "made.raw");
  await execa("qemu-img", ["convert", ...input, "-O", "raw", made]);
  return made;
}

async function inPlace({ path, driver }: BenchImage): Promise<readonly string[]> {
  if (driver !== undefined) {
    return ["-f", driver, path];
  }
  await using source = await openImage(path);
  const { pieces } = await inspectDisk(
    source,
    { claim: "ova", maxVirtualSizeBytes: 2 ** 40 },
    stop(),
  );
  const { offset, size } = pieces[0] ?? { offset: 0, size: 0 };
  const file = `file.driver=raw,file.offset=${offset},file.size=${Math.ceil(size / 512) * 512}`;
  return ["--image-opts", `driver=vmdk,${file},file.file.driver=file,file.file.filename=${path}`];
}

async function copyInto(directory: string, from: string): Promise<string> {
  const copy = join(directory, "copy.raw");
  await copySparse(from, copy);
  return copy;
}

async function readThrough(path: string, take: (chunk: Buffer) => void): Promise<void> {
  await using file = await openImage(path);
  const buffer = Buffer.allocUnsafe(2 ** 20);
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) {
      return;
    }
    take(buffer.subarray(0, bytesRead));
  }
}

async function configIn(directory: string, workers: number) {
  const config = readConfig({
    VMCATCHER_ONE_HOME: join(directory, "home"),
    VMCATCHER_ONE_CONVERT_WORKERS: String(workers),
  });
  await mkdir(config.stagingDirectory, { recursive: true });
  return config;
}

function rules({ maxVirtualSizeBytes }: { readonly maxVirtualSizeBytes: number }) {
  return { claim: undefined, maxVirtualSizeBytes };
}

function stop(): AbortSignal {
  return AbortSignal.timeout(30 * 60_000);
}
