import assert from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { execa } from "execa";
import type { Job } from "../../functions/job/job.ts";
import { FIRST_STEP } from "../../functions/registry.ts";
import { openQueues } from "../../functions/shared/queue/open-queues.ts";
import { createSite, type Site } from "../fakes/site.ts";

const MAIN = "functions/cli/main.ts";
const BAD_ENTRIES = 1000; // told in more than the 64 KiB that a pipe holds

describe("a command whose output nobody reads", () => {
  let site: Site;
  before(async () => {
    site = await createSite();
    const bad = join(site.config.spoolDirectory, "bad");
    await mkdir(bad, { recursive: true });
    for (let at = 0; at < BAD_ENTRIES; at += 1) {
      await writeFile(join(bad, `17649${at}.000000000-a-bad-entry-of-the-spool`), "");
    }
  });
  after(() => site.close());

  /** Makes a dead letter of a job. */
  const bury = async (job: Job) => {
    const queues = openQueues(site.config);
    try {
      const queue = await queues.open(FIRST_STEP);
      await queue.send({ body: JSON.stringify({ job }), group: "U", deduplicationId: job.id });
      const delivery = await queue.receive({ waitSeconds: 0, leaseSeconds: 10 });
      assert.ok(delivery);
      const time = "2026-11-22T10:00:00.000Z";
      await queue.deadLetter(delivery, { code: "c", text: "t", step: "s", time, attempts: 1 });
    } finally {
      await queues.close();
    }
  };

  /** Ends with the exit codes of the command and of its reader. */
  const piped = (args: readonly string[], reader: string) =>
    execa("bash", ["-c", `node ${MAIN} "$@" | ${reader}; echo "\${PIPESTATUS[@]}"`, "-", ...args], {
      env: { ...site.env },
    });

  for (const args of [
    ["--help"],
    ["status"],
    ["status", "--watch", "--interval", "0.1"],
    ["hook-script"],
    ["inspect", MAIN],
    ["dead-letters", "--json"],
  ]) {
    it(`ends quietly when there has never been a reader: ${args.join(" ")}`, async () => {
      const child = execa("node", [MAIN, ...args], { env: { ...site.env }, reject: false });
      child.stdout.destroy();
      const { exitCode, stderr } = await child;
      assert.equal(stderr, "");
      assert.equal(exitCode, 141);
    });
  }

  for (const args of [["status"], ["status", "--json"], ["status", "--watch", "--json"]]) {
    it(`ends quietly when the reader leaves in the midst: ${args.join(" ")}`, async () => {
      const { stdout, stderr } = await piped(args, "head -c 5 | wc -c");
      assert.equal(stderr, "");
      assert.equal(stdout, "5\n141 0 0");
    });
  }

  it("does not end with a stack trace where standard error is not read", async () => {
    const child = execa("node", [MAIN, "no-such-command"], { reject: false });
    child.stderr.destroy();
    assert.equal((await child).exitCode, 2);
  });

  it("does the work that is left when it has printed: the files of a discarded job go", async () => {
    const path = join(site.config.stagingDirectory, "pin-of-the-job");
    await mkdir(site.config.stagingDirectory, { recursive: true });
    await writeFile(path, "");
    await bury({
      id: "1".repeat(32),
      eventTime: "2026-11-22T10:00:00.000000000Z",
      identifier: "U",
      attributes: {},
      restarts: 0,
      event: "available",
      digest: `sha512:${"a".repeat(128)}`,
      source: { path, pinned: true },
    });
    const args = [MAIN, "discard", "--all", "--yes"];
    const child = execa("node", args, { env: { ...site.env }, reject: false });
    child.stdout.destroy();
    assert.equal((await child).exitCode, 141);
    assert.deepEqual(await readdir(site.config.stagingDirectory), []);
  });

  it("says why it cannot be written where a disk is full", async () => {
    const { stdout, stderr } = await execa("sh", [
      "-c",
      `node ${MAIN} hook-script >/dev/full; echo $?`,
    ]);
    assert.equal(stdout, "1");
    assert.match(stderr, /^vmcatcher-one: standard output: ENOSPC[^\n]*$/);
  });
});
