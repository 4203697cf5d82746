import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import {
  chmod,
  link,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import type { AvailableJob } from "../../functions/job/job.ts";
import { readProgress } from "../../functions/shared/staging/staging.ts";
import { layOut, sampleNamed } from "../fixtures/samples/samples.ts";
import { jobFor } from "./job.ts";
import { convert, digestOf, pinned, replaceQemuImg, searchPath, Site } from "./site.ts";

const VMDK = sampleNamed("good/plain.vmdk");
/** One that takes qemu-img. */
const BY_QEMU = sampleNamed("good/monolithic-sparse.vmdk");

test("a second delivery takes the finished disk instead of converting again", async () => {
  await using site = await Site.create();
  const job = await pinned(site, VMDK.file);
  const first = await convert(job, site);
  const { ino } = await stat(first.artifact?.path ?? "");
  await rm(site.pin);
  assert.deepEqual(await convert(job, site), first);
  assert.equal((await stat(first.artifact?.path ?? "")).ino, ino);
});

test("a finished disk that is none any more is made again", async () => {
  await using site = await Site.create();
  const job = await pinned(site, VMDK.file);
  await writeFile(join(site.config.stagingDirectory, `${job.id}.raw`), "");
  const { artifact } = await convert(job, site);
  assert.equal(await digestOf(artifact?.path ?? "", "sha256"), VMDK.rawSha256);
});

test("two attempts at one job at the same time end with the same disk", async () => {
  await using site = await Site.create();
  const job = await pinned(site, VMDK.file);
  const [one, two] = await Promise.all([convert(job, site), convert(job, site)]);
  assert.deepEqual(one, two);
  assert.equal(await digestOf(one.artifact?.path ?? "", "sha256"), VMDK.rawSha256);
  assert.deepEqual(await site.staged(), [`${job.id}.raw`, "pin-1"].sort());
});

test("what a dead attempt left is removed, what a living one writes is not", async () => {
  await using site = await Site.create();
  const job = await pinned(site, VMDK.file);
  const dead = join(site.config.stagingDirectory, `${job.id}.aa.partial`);
  const alive = join(site.config.stagingDirectory, `${job.id}.bb.partial`);
  await writeFile(dead, "");
  await writeFile(alive, "");
  const anHourAgo = new Date(Date.now() - 3_600_000);
  await utimes(dead, anHourAgo, anHourAgo);
  await convert(job, site);
  assert.deepEqual([existsSync(dead), existsSync(alive)], [false, true]);
});

test("B1: an abort kills qemu-img, leaves the pin and nothing else", async () => {
  await using site = await Site.create();
  const job = await pinned(site, BY_QEMU.file);
  using _ = await replaceQemuImg(site.directory, `echo $$ > ${site.directory}/pid; exec sleep 60`);
  const lost = new AbortController();
  const running = convert(job, site, lost.signal);
  const pid = Number(await eventually(() => readFile(join(site.directory, "pid"), "utf8")));
  assert.ok(existsSync(`/proc/${pid}`));
  assert.deepEqual(
    (await readProgress(site.config.stagingDirectory)).map(({ identifier, step }) => [
      identifier,
      step,
    ]),
    [["image-1", "inspected"]],
  );
  lost.abort(new Error("lease lost"));
  await assert.rejects(running, { message: "lease lost" });
  assert.ok(!existsSync(`/proc/${pid}`));
  assert.deepEqual(await site.staged(), ["pin-1"]);
});

test("B1: an attempt that has lost its lease leaves the pin to the next one, also of a bad image", async () => {
  await using site = await Site.create();
  const job = await pinned(site, "bad/luks1.raw");
  const lost = AbortSignal.abort(new Error("lease lost"));
  await assert.rejects(convert(job, site, lost), { message: "lease lost" });
  assert.deepEqual(await site.staged(), ["pin-1"]);
});

test("a source that is truncated in mid-conversion is tried again, and then refused", async () => {
  await using site = await Site.create();
  const job = await pinned(site, BY_QEMU.file);
  {
    using _ = await replaceQemuImg(site.directory, pause(site.directory));
    const running = convert(job, site);
    await eventually(() => stat(join(site.directory, "started")));
    await truncate(site.pin, 300_000);
    await writeFile(join(site.directory, "go"), "");
    await assert.rejects(running, { name: /^(RetryLater|GiveUp)$/ });
  }
  await layOutAgain(job, site, 300_000);
  await assert.rejects(convert(job, site), { name: "GiveUp" });
  assert.deepEqual(await site.staged(), []);
});

test("a source whose name is moved, deleted or taken by another file in mid-conversion does no harm", async () => {
  await using site = await Site.create();
  const path = join(site.cache, "image-1");
  await layOut(BY_QEMU, path);
  await link(path, join(site.cache, "kept")); // and its change time is changed, too
  const job = jobFor(path, { pinned: false, sha512: BY_QEMU.sha512 });
  using _ = await replaceQemuImg(site.directory, pause(site.directory));
  const running = convert(job, site);
  await eventually(() => stat(join(site.directory, "started")));
  await rename(path, join(site.cache, "expired"));
  await writeFile(path, "another version");
  await rm(join(site.cache, "kept"));
  await writeFile(join(site.directory, "go"), "");
  const { artifact } = await running;
  assert.equal(await digestOf(artifact?.path ?? "", "sha256"), BY_QEMU.rawSha256);
});

test("a missing qemu-img is the installation's fault: the job waits, and keeps its pin", async () => {
  await using site = await Site.create();
  const job = await pinned(site, BY_QEMU.file);
  using _ = searchPath(site.directory);
  await assert.rejects(convert(job, site), {
    name: "RetryLater",
    message: /setpriv is not installed.*util-linux/,
  });
  assert.deepEqual(await site.staged(), ["pin-1"]);
});

test("a conversion that takes too long is given up, and the pin is kept for a replay", async () => {
  await using site = await Site.create({ VMCATCHER_ONE_CONVERT_TIMEOUT_SECONDS: "1" });
  const job = await pinned(site, BY_QEMU.file);
  using _ = await replaceQemuImg(site.directory, "exec sleep 60");
  await assert.rejects(convert(job, site), { code: "conversion-timeout" });
  assert.deepEqual(await site.staged(), ["pin-1"]);
});

test("a qemu-img that crashes has met a bad image, one that is killed has not", async () => {
  await using site = await Site.create();
  const job = await pinned(site, BY_QEMU.file);
  using _ = await replaceQemuImg(site.directory, `kill -$(cat ${site.directory}/signal) $$`);
  await writeFile(join(site.directory, "signal"), "KILL");
  await assert.rejects(convert(job, site), { name: "RetryLater" });
  await writeFile(join(site.directory, "signal"), "SEGV");
  await assert.rejects(convert(job, site), { name: "GiveUp", code: "conversion-failed" });
});

test("qemu-img without space is tried again", async () => {
  await using site = await Site.create();
  const job = await pinned(site, BY_QEMU.file);
  using _ = await replaceQemuImg(
    site.directory,
    "echo 'qemu-img: error while writing at byte 0: No space left on device' >&2; exit 1",
  );
  await assert.rejects(convert(job, site), { name: "RetryLater", message: /No space left/ });
  assert.deepEqual(await site.staged(), ["pin-1"]);
});

test("qemu-img runs without new rights, with limits, and sees no other variables", async () => {
  await using site = await Site.create();
  const job = await pinned(site, BY_QEMU.file);
  const report = join(site.directory, "report");
  using _ = await replaceQemuImg(
    site.directory,
    `{ env; grep NoNewPrivs /proc/self/status; ulimit -a; echo "$@"; } > ${report}; exit 1`,
  );
  await assert.rejects(convert(job, site), { code: "conversion-failed" });
  const text = await readFile(report, "utf8");
  assert.match(text, /NoNewPrivs:\s*1/);
  assert.match(text, /\/proc\/self\/fd\/3/);
  assert.doesNotMatch(text, /HOME=/);
  assert.doesNotMatch(
    text,
    new RegExp(`convert .*${site.pin}`),
    "the name of the source is on no command line",
  );
});

test(
  "too little space is told with numbers before the work begins",
  { skip: process.getuid?.() !== 0 },
  async (t) => {
    await using site = await Site.create();
    const mounted = await execa(
      "mount",
      ["-t", "tmpfs", "-o", "size=8m", "tmpfs", site.config.stagingDirectory],
      { reject: false },
    );
    if (mounted.failed) {
      t.skip("cannot mount");
      return;
    }
    try {
      const job = await pinned(site, VMDK.file);
      await assert.rejects(convert(job, site), {
        name: "RetryLater",
        message: /has \d+ bytes free, the conversion may need \d+/,
      });
      assert.deepEqual(await site.staged(), ["pin-1"]);
    } finally {
      await execa("umount", [site.config.stagingDirectory]);
    }
  },
);

test(
  "a source that cannot be read now is tried again",
  { skip: process.getuid?.() === 0 },
  async () => {
    await using site = await Site.create();
    const job = await pinned(site, VMDK.file);
    await chmod(site.pin, 0);
    await assert.rejects(convert(job, site), { name: "RetryLater" });
    assert.deepEqual(await readdir(site.config.stagingDirectory), ["pin-1"]);
  },
);

/** The pin may be gone with the first verdict. */
async function layOutAgain(job: AvailableJob, site: Site, bytes: number): Promise<void> {
  await rm(site.pin, { force: true });
  await pinned(site, BY_QEMU.file);
  await truncate(job.source.path, bytes);
}

/** A qemu-img that waits for `go` before it works. */
function pause(directory: string): string {
  return `: > ${directory}/started; while [ ! -e ${directory}/go ]; do sleep 0.01; done; PATH=/usr/local/bin:/usr/bin:/bin exec qemu-img "$@"`;
}

async function eventually<T>(read: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const value = await read();
      if (String(value) !== "" || attempt > 300) {
        return value;
      }
    } catch (error) {
      if (attempt > 300) {
        throw error;
      }
    }
    await sleep(20);
  }
}
