import { mkdir, statfs, writeFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";

/** A file system that is easily full. */
export interface SmallDisk {
  /** Leaves nothing free. */
  fill(): Promise<void>;
  /** Makes room. */
  empty(): Promise<void>;
  unmount(): Promise<void>;
}

/**
 * Mounts a tmpfs at a directory, which is made when missing.
 * @throws Error when this user may not mount: these tests need root, and to leave them out would pass for success
 */
export async function mountSmallDisk(directory: string, mebibytes: number): Promise<SmallDisk> {
  await mkdir(directory, { recursive: true });
  const { failed, stderr } = await execa(
    "mount",
    ["-t", "tmpfs", "-o", `size=${mebibytes}m,mode=0755`, "tmpfs", directory],
    { reject: false },
  );
  if (failed) {
    throw new Error(`the tests of full disks need root and mount(8): ${stderr}`);
  }
  const filling = join(directory, "filling");
  return {
    fill: async () => {
      const { bavail, bsize } = await statfs(directory);
      await writeFile(filling, Buffer.alloc((bavail + 1) * bsize)).catch((error: unknown) => {
        if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) {
          throw error;
        }
      });
    },
    empty: () => rm(filling, { force: true }),
    unmount: async () => {
      await execa("umount", ["--lazy", directory]);
    },
  };
}
