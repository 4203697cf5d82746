import { createHash } from "node:crypto";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createDiskFiles } from "../disk-files.ts";
import type { SimulatorFiles } from "../ports.ts";

/**
 * The disk of the recorded session below a temporary directory, so that the recorded paths can be asked for. Files that
 * were only big are small here and claim their size; an `http://` PATH cannot be copied, as the session looked at such
 * images only while they were LOCKED.
 */
export async function createRecordedDisk(root: string): Promise<SimulatorFiles> {
  const images = join(root, "var/tmp/images");
  const raw = Buffer.alloc(5 * MIB, "raw image");
  await mkdir(images, { recursive: true });
  await mkdir(join(root, "etc"));
  await writeFile(join(root, "etc/hostname"), "frontend\n");
  await writeFile(join(images, "raw5m.img"), raw);
  await writeFile(join(images, "sparse.img"), "sparse");
  await writeFile(join(images, "noperm.img"), "secret");
  await chmod(join(images, "noperm.img"), 0);
  const md5 = createHash("md5").update(raw).digest("hex");
  const disk = createDiskFiles();
  return {
    probe: async (path) => {
      const sizeMb = CLAIMED_MB.get(path.startsWith("http:") ? "http:" : path);
      return sizeMb === undefined ? disk.probe(join(root, path)) : { sizeMb };
    },
    resolve: async (path) => (await disk.resolve(join(root, path)))?.slice(root.length),
    copy: async (order) => {
      const isRecorded = order.md5 === RECORDED_MD5;
      return disk.copy({
        ...order,
        from: join(root, order.from),
        to: join(root, order.to),
        ...(isRecorded ? { md5 } : {}),
      });
    },
    remove: async (path) => disk.remove(join(root, path)),
  };
}

const CLAIMED_MB = new Map([
  ["/var/tmp/images/huge.img", 100_000],
  ["/var/tmp/images/sparse.img", 200],
  ["http:", 3],
]);

/** Of the recorded session's raw5m.img, which is not at hand: ours stands in for it. */
const RECORDED_MD5 = "467f89f9377028c44e9469a812f6b592";

const MIB = 1024 * 1024;
