import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { ProgressFile } from "../../functions/convert-image/progress-file.ts";
import { readConfig } from "../../functions/shared/settings/config.ts";
import { systemClock } from "../../functions/shared/time/clock.ts";
import { recordingLog } from "../shared/worker/recording-log.ts";
import { jobFor } from "./job.ts";

async function staging(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-progress-"));
  t.after(() => rm(directory, { recursive: true }));
  return directory;
}

const JOB = jobFor("/nowhere", { sha512: "0".repeat(128) });

test("the progress of a job lies in staging until the work is done", async (t) => {
  const directory = await staging(t);
  const config = { ...readConfig({}), stagingDirectory: directory };
  {
    await using progress = await ProgressFile.create(
      { config, clock: systemClock, log: recordingLog().log },
      JOB,
      1,
    );
    progress.report("converting")(50);
    assert.deepEqual(await readdir(directory), [`${JOB.id}.progress`]);
  }
  assert.deepEqual(await readdir(directory), []);
});

test("Bug: a disk on which progress could neither be written nor removed ended the process. Fix: it is logged", async (t) => {
  const noDirectory = join(await staging(t), "file");
  await writeFile(noDirectory, "");
  const config = { ...readConfig({}), stagingDirectory: noDirectory };
  const { log, lines } = recordingLog();
  const progress = await ProgressFile.create({ config, clock: systemClock, log }, JOB, 1);
  await progress[Symbol.asyncDispose]();
  assert.deepEqual(
    lines.map(({ text }) => text),
    ["progress cannot be written", "progress cannot be removed", "progress cannot be removed"],
  );
});
