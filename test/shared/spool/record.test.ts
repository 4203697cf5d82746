import assert from "node:assert/strict";
import { stat, symlink, writeFile } from "node:fs/promises";
import { it } from "node:test";
import { drainSpool } from "../../../functions/enqueue-event/drain.ts";
import { Leftovers } from "../../../functions/enqueue-event/leftovers.ts";
import { recordEvent } from "../../../functions/shared/spool/record.ts";
import { openSpool } from "../../../functions/shared/spool/spool.ts";
import { waitingIdentifiers } from "../../../functions/shared/spool/waiting.ts";
import { systemClock } from "../../../functions/shared/time/clock.ts";
import {
  ENDORSEMENT,
  AVAILABLE,
  IDENTIFIER,
  RecordingQueue,
  recordingLog,
  SpoolSandbox,
} from "../../enqueue-event/spool-sandbox.ts";

const TIME = "1401879284.000000042";
const variables = {
  VMCATCHER_EVENT_TYPE: "AvailablePostfix",
  VMCATCHER_EVENT_DC_IDENTIFIER: IDENTIFIER,
  VMCATCHER_EVENT_SL_CHECKSUM_SHA512: AVAILABLE["VMCATCHER_EVENT_SL_CHECKSUM_SHA512"] ?? "",
  VMCATCHER_EVENT_DC_TITLE: "two\nlines=",
};

async function jobsOf(sandbox: SpoolSandbox) {
  const queue = new RecordingQueue();
  await drainSpool(
    await openSpool(sandbox),
    {
      queue,
      endorsement: ENDORSEMENT,
      clock: systemClock,
      log: recordingLog(),
      leftovers: new Leftovers(),
    },
    AbortSignal.timeout(5000),
  );
  return queue.jobs;
}

it("what is recorded is an event like the hook's, pinned, with its own time", async () => {
  await using sandbox = await SpoolSandbox.create();
  const file = sandbox.path("image");
  await writeFile(file, "an image");
  await recordEvent(sandbox, { time: TIME, variables, file });
  const [entry = ""] = await sandbox.list("spool/new");
  assert.match(entry, /^1401879284\.000000042-\d{7}$/);
  assert.equal((await stat(sandbox.path(`spool/new/${entry}`))).mode & 0o777, 0o640);
  assert.deepEqual(await sandbox.list("spool/tmp"), []);
  assert.equal((await stat(sandbox.path(`staging/pin-${entry}`))).ino, (await stat(file)).ino);
  assert.deepEqual([...(await waitingIdentifiers(sandbox.spoolDirectory))], [IDENTIFIER]);
  const [job] = await jobsOf(sandbox);
  assert.ok(job?.event === "available");
  assert.deepEqual(job.source, { path: sandbox.path(`staging/pin-${entry}`), pinned: true });
  assert.equal(job.eventTime, "2014-06-04T10:54:44.000000042Z");
  assert.equal(job.title, "two\nlines=");
});

it("two events of one time get two names", async () => {
  await using sandbox = await SpoolSandbox.create();
  const event = { time: "1401879284.999999999", variables, subscription: "gone" as const };
  await recordEvent(sandbox, event);
  await recordEvent(sandbox, event);
  const names = (await sandbox.list("spool/new")).map((name) => name.slice(0, 20));
  assert.deepEqual(names, ["1401879284.999999999", "1401879285.000000000"]);
});

it("where no link can be made, the path alone is recorded", async () => {
  await using sandbox = await SpoolSandbox.create();
  await writeFile(sandbox.path("image"), "an image");
  await symlink(sandbox.path("image"), sandbox.path("a-link"));
  await recordEvent(sandbox, { time: TIME, variables, file: sandbox.path("a-link") });
  const [job] = await jobsOf(sandbox);
  assert.ok(job?.event === "available");
  assert.deepEqual(job.source, { path: sandbox.path("a-link"), pinned: false });
  assert.deepEqual(await sandbox.list("staging"), []);
});

it("a spool that cannot be made is told", async () => {
  await using sandbox = await SpoolSandbox.create();
  await writeFile(sandbox.path("no-directory"), "");
  const { stagingDirectory } = sandbox;
  const directories = { spoolDirectory: sandbox.path("no-directory"), stagingDirectory };
  await assert.rejects(
    recordEvent(directories, { time: TIME, variables }),
    /cannot make .*no-directory\/tmp/,
  );
});

it("what fails after the pinning leaves nothing behind", async () => {
  await using sandbox = await SpoolSandbox.create();
  const file = sandbox.path("image");
  await writeFile(file, "an image");
  const failing = {
    get VMCATCHER_EVENT_TYPE(): string {
      throw new Error("no memory");
    },
  };
  await assert.rejects(recordEvent(sandbox, { time: TIME, variables: failing, file }), /no memory/);
  for (const directory of ["staging", "spool/tmp", "spool/new"]) {
    assert.deepEqual(await sandbox.list(directory), [], directory);
  }
});
