import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { deadLetterActions } from "../../functions/console/dead-letter-actions.ts";
import type { Queues } from "../../functions/shared/queue/queue.ts";
import { openSqliteQueues } from "../../functions/shared/queue/sqlite-queues.ts";

const NAMES = ["capture-metadata", "convert-image"];

describe("the buttons of the page", () => {
  let directory = "";
  let queues: Queues;
  let changes = 0;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-actions-"));
    queues = openSqliteQueues(join(directory, "queue.sqlite"));
    changes = 0;
    for (const name of NAMES) {
      const queue = await queues.open(name);
      await queue.send({ body: "{}", group: name, deduplicationId: name });
      const delivery = await queue.receive({ waitSeconds: 0, leaseSeconds: 10 });
      assert.ok(delivery);
      const reason = { code: "x", text: "y", step: name, time: "", attempts: 1 };
      await queue.deadLetter(delivery, reason);
    }
  });
  afterEach(async () => {
    await queues.close();
    await rm(directory, { recursive: true });
  });

  const actions = () => deadLetterActions({ queues, queueNames: NAMES }, () => changes++);
  const dead = async () =>
    Promise.all(NAMES.map(async (name) => (await (await queues.open(name)).depth()).dead));
  const idOf = async (name: string) =>
    (await (await queues.open(name)).deadLetters(1))[0]?.messageId ?? assert.fail();

  it("replay one dead letter of whatever queue, or all", async () => {
    assert.equal(await actions().replay(await idOf("convert-image")), 1);
    assert.deepEqual(await dead(), [1, 0]);
    assert.equal((await (await queues.open("convert-image")).depth()).waiting, 1);
    assert.equal(await actions().replay(), 1);
    assert.deepEqual(await dead(), [0, 0]);
  });

  it("discard one, and none when there is no such", async () => {
    assert.equal(await actions().discard(await idOf("capture-metadata")), 1);
    assert.deepEqual(await dead(), [0, 1]);
    assert.equal(await actions().discard(""), 0);
    assert.deepEqual(await dead(), [0, 1]);
  });

  it("tell that something may have changed, after a failure too", async () => {
    await actions().replay();
    assert.equal(changes, 1);
    const broken = { ...queues, open: () => Promise.reject(new Error("away")) };
    const failing = deadLetterActions({ queues: broken, queueNames: NAMES }, () => changes++);
    await assert.rejects(failing.replay(), /away/);
    assert.equal(changes, 2);
  });
});
