import { createHash } from "node:crypto";
import { copyFile, mkdir, open, opendir, rm, stat } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { execa } from "execa";
import { archive, member, ovf } from "../../shared/disk/archives.ts";
import { progress } from "../progress.ts";

/** An image to convert. */
export interface BenchImage {
  readonly name: string;
  readonly path: string;
  readonly sha512: string;
  /** As qemu-img calls it; undefined for an OVA. */
  readonly driver: string | undefined;
}

/** Name of the disk in the OVA. */
export const OVA_DISK = "disk.vmdk";

/**
 * Makes the images: one disk with an ext4 file system of what is on this machine (programs, libraries, text), in each form.
 * @param mib how much content, in MiB
 */
export async function makeInputs(directory: string, mib: number): Promise<readonly BenchImage[]> {
  const ova = await makeOva(directory, mib);
  const raw = rawBeside(ova);
  return [
    ova,
    await described({ name: "sparse raw", path: raw, driver: "raw" }),
    await described({
      name: "qcow2",
      path: await convert(raw, "qcow2", ["-O", "qcow2"]),
      driver: "qcow2",
    }),
    await described({
      name: "qcow2, compressed",
      path: await convert(raw, "qcow2-zlib", ["-c", "-O", "qcow2"]),
      driver: "qcow2",
    }),
  ];
}

/** Makes only the OVA. @param mib how much content, in MiB */
export async function makeOva(directory: string, mib: number): Promise<BenchImage> {
  const ova = join(directory, "ova");
  const raw = rawBeside({ path: ova });
  await makeRaw(raw, mib);
  const vmdk = await convert(raw, OVA_DISK, ["-O", "vmdk", "-o", "subformat=streamOptimized"]);
  await packOva(vmdk, (await stat(raw)).size, ova);
  await rm(vmdk);
  return described({ name: "OVA", path: ova, driver: undefined });
}

/** The disk in an OVA, raw. */
export function rawBeside(ova: Pick<BenchImage, "path">): string {
  return join(dirname(ova.path), "raw");
}

async function makeRaw(path: string, mib: number): Promise<void> {
  progress(`making a disk of ${mib} MiB`);
  const tree = `${path}-tree`;
  await gather(tree, mib * 2 ** 20);
  await using disk = await open(path, "wx");
  await disk.truncate(Math.ceil(mib * 2.5) * 2 ** 20); // as roomy as virtual disks are
  await execa("mkfs.ext4", ["-q", "-F", "-d", tree, path], {
    env: { PATH: [process.env["PATH"], "/usr/sbin", "/sbin"].join(delimiter) },
  });
  await rm(tree, { recursive: true });
}

async function convert(raw: string, name: string, options: readonly string[]): Promise<string> {
  progress(`making ${name} of it`);
  const path = join(dirname(raw), name);
  await execa("qemu-img", ["convert", "-m", "16", "-W", "-f", "raw", ...options, raw, path]);
  return path;
}

async function described(image: Omit<BenchImage, "sha512">): Promise<BenchImage> {
  return { ...image, sha512: await sha512(image.path) };
}

/** Where files are taken from; what one machine does not have, another one has more of. */
const SOURCES = ["node_modules", "/usr/share/doc", "/usr/lib", "/usr/share", "/usr/bin", "/opt"];
/** Larger ones would be most of the disk. */
const MAX_FILE_BYTES = 32 * 2 ** 20;

async function gather(tree: string, bytes: number): Promise<void> {
  await mkdir(tree);
  let left = bytes;
  let count = 0;
  // Half of it from the first two: text and small files; the rest are programs and libraries.
  for (const [index, source] of SOURCES.entries()) {
    const until = index < 2 ? bytes / 2 : 0;
    for await (const path of filesIn(source)) {
      if (left <= until) {
        break;
      }
      const { size } = await stat(path);
      if (size <= Math.min(left, MAX_FILE_BYTES)) {
        const folder = join(tree, String(count % 100));
        await mkdir(folder, { recursive: true });
        await copyFile(path, join(folder, String(count)));
        left -= size;
        count += 1;
      }
    }
  }
}

async function* filesIn(directory: string): AsyncGenerator<string> {
  try {
    for await (const entry of await opendir(directory, { recursive: true })) {
      if (entry.isFile()) {
        yield join(entry.parentPath, entry.name);
      }
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error && typeof error.code === "string")) {
      throw error;
    } // not there, or not ours to read
  }
}

async function packOva(vmdk: string, capacityBytes: number, path: string): Promise<void> {
  const { size } = await stat(vmdk);
  const descriptor = ovf(
    `<File ovf:id="f" ovf:href="${OVA_DISK}"/>`,
    `<Disk ovf:diskId="d" ovf:fileRef="f" ovf:capacity="${capacityBytes}"/>`,
  );
  const field = `${size.toString(8).padStart(11, "0")}\0`;
  await using file = await open(path, "wx");
  await file.write(
    Buffer.concat([member("image.ovf", descriptor), member(OVA_DISK, "", { size: field })]),
  );
  await using disk = await open(vmdk);
  for await (const chunk of disk.readableWebStream({ autoClose: false })) {
    await file.write(Buffer.from(chunk));
  }
  const padding = (512 - (size % 512)) % 512;
  await file.write(Buffer.concat([Buffer.alloc(padding), archive()]));
}

async function sha512(path: string): Promise<string> {
  const hash = createHash("sha512");
  await using file = await open(path);
  for await (const chunk of file.createReadStream({ highWaterMark: 2 ** 20, autoClose: false })) {
    hash.update(chunk);
  }
  return hash.digest("hex");
}
