import assert from "node:assert/strict";
import { mkdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { execa } from "execa";
import { Attempt } from "../../functions/convert-image/attempt.ts";
import { cloneFile } from "../../functions/convert-image/clone-file.ts";
import { openImage } from "../../functions/shared/disk/image-file.ts";
import { Site } from "./site.ts";

const MIB = 2 ** 20;

test("a file system that cannot clone says so, and nothing is left", async () => {
  await using site = await Site.create();
  await using source = await openImage(await imageIn(site.cache));
  {
    await using attempt = await Attempt.begin(site.config.stagingDirectory, "job", site.deps.clock);
    const clone = await cloneFile({ ...source, fd: -1 }, attempt);
    assert.equal(clone, undefined);
  }
  assert.deepEqual(await site.staged(), []);
});

test("a clone is the same to the byte, costs no space, and keeps its own mode", async (t) => {
  await using site = await Site.create();
  const { stagingDirectory } = site.config;
  const volume = join(site.directory, "volume");
  await writeFile(volume, "");
  await truncate(volume, 320 * MIB);
  const made = await execa("mkfs.xfs", ["-q", volume], { reject: false });
  const mounted = made.failed
    ? made
    : await execa("mount", ["-o", "loop", volume, stagingDirectory], { reject: false });
  if (mounted.failed) {
    t.skip("no XFS to be had");
    return;
  }
  try {
    const path = await imageIn(join(stagingDirectory, "cache"));
    await using source = await openImage(path);
    await using attempt = await Attempt.begin(site.config.stagingDirectory, "job", site.deps.clock);
    const clone = await cloneFile(source, attempt);
    assert.ok(clone);
    const { mode, size } = await stat(clone.path);
    assert.deepEqual([mode & 0o777, size], [0o640, 8 * MIB + 3]);
    assert.ok((await readFile(clone.path)).equals(await readFile(path)));
    const { stdout } = await execa("filefrag", ["-v", clone.path]);
    assert.match(stdout, /shared/);
  } finally {
    await execa("umount", [stagingDirectory]);
  }
});

async function imageIn(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, "image");
  await writeFile(path, Buffer.alloc(8 * MIB + 3, "a raw disk "), { mode: 0o600 });
  return path;
}
