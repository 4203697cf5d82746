import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { AvailableJob } from "../../../functions/job/job.ts";
import { isInside, readProgress, removeStaged } from "../../../functions/shared/staging/staging.ts";
import { sha512Digest } from "../../../functions/job/digest.ts";

const ID = "0123456789abcdef0123456789abcdef";

test("O1: everything of a job goes, and nothing of another", async () => {
  await inStaging(async (stagingDirectory) => {
    const other = `${ID.replace("0", "1")}.raw`;
    for (const name of [
      `${ID}.raw`,
      `${ID}.qcow2`,
      `${ID}.progress`,
      `${ID}.aa.partial`,
      "pin-1",
      "pin-2",
      other,
    ]) {
      await writeFile(join(stagingDirectory, name), "");
    }
    await removeStaged({ stagingDirectory }, job(join(stagingDirectory, "pin-1")));
    assert.deepEqual((await readdir(stagingDirectory)).sort(), [other, "pin-2"].sort());
    await removeStaged({ stagingDirectory }, job(join(stagingDirectory, "pin-1")));
  });
});

test("a source that is not in staging stays", async () => {
  await inStaging(async (stagingDirectory) => {
    const outside = join(stagingDirectory, "..", "image-1");
    await writeFile(outside, "");
    for (const path of [outside, `${stagingDirectory}/../image-1`, stagingDirectory]) {
      await removeStaged({ stagingDirectory }, job(path));
    }
    assert.ok((await readdir(join(stagingDirectory, ".."))).includes("image-1"));
  });
});

test("a path is inside only as it is written", () => {
  assert.ok(isInside("/a/b", "/a/b/c"));
  for (const path of ["/a/b", "/a/bc", "/a/b/../c", "/a/b/./c", "a/b/c", "/a/b/"]) {
    assert.ok(!isInside("/a/b", path), path);
  }
});

test("progress of other programs' making, or half a file, is left out", async () => {
  await inStaging(async (stagingDirectory) => {
    const progress = {
      jobId: ID,
      identifier: "image-1",
      step: "converting",
      percent: 5,
      startedAt: "2026-01-01",
      updatedAt: "2026-01-01",
    };
    await writeFile(join(stagingDirectory, `${ID}.progress`), JSON.stringify(progress));
    await writeFile(join(stagingDirectory, "x.progress"), '{"jobId":');
    assert.deepEqual(await readProgress(stagingDirectory), [progress]);
    assert.deepEqual(await readProgress(join(stagingDirectory, "missing")), []);
  });
});

function job(path: string): AvailableJob {
  return {
    id: ID,
    event: "available",
    eventTime: "2026-01-02T03:04:05.000000006Z",
    identifier: "image-1",
    attributes: {},
    restarts: 0,
    digest: sha512Digest("0".repeat(128)),
    source: { path, pinned: true },
  };
}

async function inStaging(run: (directory: string) => Promise<void>): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "vmcatcher-one-"));
  const staging = join(home, "staging");
  await mkdir(staging);
  try {
    await run(staging);
  } finally {
    await rm(home, { recursive: true });
  }
}
