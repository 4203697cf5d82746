import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { readConfig } from "../../../functions/shared/settings/config.ts";
import { checkQueue, recordQueue } from "../../../functions/shared/queue/queue-record.ts";
import { temporaryDirectory } from "../../fakes/temporary-directory.ts";

const directory = await temporaryDirectory({ after });

const settings = (home: string, env: Record<string, string> = {}) =>
  readConfig({ VMCATCHER_ONE_HOME: join(directory, home), ...env });

const SQS = { VMCATCHER_ONE_QUEUE: "sqs", AWS_ENDPOINT_URL_SQS: "http://127.0.0.1:9324" };

describe("the note which queue the events go to", () => {
  it("says nothing against any queue while there is none", async () => {
    await checkQueue(settings("none"));
    await checkQueue(settings("none", SQS));
  });

  it("says that another queue is the wrong one, and what to do", async () => {
    await recordQueue(settings("used", SQS));
    await checkQueue(settings("used", SQS));
    for (const other of [
      settings("used"),
      settings("used", { ...SQS, VMCATCHER_ONE_QUEUE_PREFIX: "other-" }),
      settings("used", { ...SQS, AWS_ENDPOINT_URL_SQS: "http://127.0.0.1:1" }),
      settings("used", { ...SQS, AWS_REGION: "eu-central-1" }),
    ]) {
      await assert.rejects(
        checkQueue(other),
        /sqs http:\/\/127\.0\.0\.1:9324.*VMCATCHER_ONE_QUEUE/,
      );
    }
  });

  it("follows a change of the settings, and is written once otherwise", async () => {
    await recordQueue(settings("moved"));
    await recordQueue(settings("moved", SQS));
    await checkQueue(settings("moved", SQS));
    await assert.rejects(checkQueue(settings("moved")));
    assert.deepEqual(await readdir(join(directory, "moved", "spool")), ["queue"]);
  });

  it("is an error when it cannot be read: then nobody knows", async () => {
    const config = settings("broken");
    await writeFile(join(directory, "broken"), "no directory");
    await assert.rejects(checkQueue(config), { code: "ENOTDIR" });
  });
});
