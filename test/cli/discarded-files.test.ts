import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { Job } from "../../functions/job/job.ts";
import { removeUnneeded } from "../../functions/cli/discarded-files.ts";
import { openSqliteQueues } from "../../functions/shared/queue/sqlite-queues.ts";
import type { Queue, Queues } from "../../functions/shared/queue/queue.ts";
import { sha512Digest } from "../../functions/job/digest.ts";

const NAMES = ["convert-image", "register-image"];

describe("the files of a job whose dead letter is discarded", () => {
  let directory: string;
  let queues: Queues;
  let queue: Queue;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-discard-"));
    await mkdir(join(directory, "staging"));
    queues = openSqliteQueues(join(directory, "queue.sqlite"));
    queue = await queues.open("register-image");
  });
  afterEach(async () => {
    await queues.close();
    await rm(directory, { recursive: true });
  });

  const staging = () => join(directory, "staging");
  const jobWith = (digit: string): Job => ({
    id: digit.repeat(32),
    eventTime: "2026-11-22T10:00:00.000000000Z",
    identifier: "U",
    attributes: {},
    restarts: 0,
    event: "available",
    digest: sha512Digest("a".repeat(128)),
    source: { path: join(staging(), `pin-${digit}`), pinned: true },
  });
  const stage = async (digit: string) => {
    for (const name of [`pin-${digit}`, `${digit.repeat(32)}.raw`]) {
      await writeFile(join(staging(), name), "");
    }
  };
  const send = async (job: Job, to: Queue) => {
    const deduplicationId = String(Math.random());
    await to.send({ body: JSON.stringify({ job }), group: "U", deduplicationId });
  };
  const bury = async (job: Job) => {
    await send(job, queue);
    const delivery = await queue.receive({ waitSeconds: 0, leaseSeconds: 10 });
    assert.ok(delivery);
    const time = "2026-11-22T10:00:00.000Z";
    await queue.deadLetter(delivery, { code: "c", text: "t", step: "s", time, attempts: 1 });
    return delivery.messageId;
  };
  const discard = async (id: string, looked: Queues = queues) =>
    await removeUnneeded(await queue.discard(id), {
      config: { stagingDirectory: staging() },
      queues: looked,
      names: NAMES,
    });

  it("are removed at once, and nobody else's", async () => {
    await stage("1");
    await stage("2");
    assert.deepEqual(await discard(await bury(jobWith("1"))), []);
    assert.deepEqual(await readdir(staging()), [`${"2".repeat(32)}.raw`, "pin-2"]);
  });

  it("stay while another dead letter or a message of the job needs them", async () => {
    await stage("1");
    const first = await bury(jobWith("1"));
    const second = await bury(jobWith("1"));
    assert.match((await discard(first))[0] ?? "", /another dead letter of register-image/);
    await send(jobWith("1"), await queues.open("convert-image"));
    assert.match((await discard(second))[0] ?? "", /another message of convert-image/);
    assert.equal((await readdir(staging())).length, 2);
  });

  it("stay while a queue that does not show its messages holds any", async () => {
    await stage("1");
    const letter = await bury(jobWith("1"));
    await send(jobWith("2"), await queues.open("convert-image"));
    const blind: Queues = {
      ...queues,
      open: async (name) => {
        const real = await queues.open(name);
        return {
          ...real,
          name,
          depth: () => real.depth(),
          deadLetters: (limit) => real.deadLetters(limit),
        };
      },
    };
    assert.match((await discard(letter, blind))[0] ?? "", /cannot be looked at/);
    assert.equal((await readdir(staging())).length, 2);
  });

  it("of a message that names no proper job are nothing that could be removed", async () => {
    await queue.send({ body: `{"job":{"id":"../x"}}`, group: "U", deduplicationId: "x" });
    const delivery = await queue.receive({ waitSeconds: 0, leaseSeconds: 10 });
    assert.ok(delivery);
    const time = "2026-11-22T10:00:00.000Z";
    await queue.deadLetter(delivery, { code: "c", text: "t", step: "s", time, attempts: 1 });
    assert.deepEqual(await discard(delivery.messageId), []);
  });
});
