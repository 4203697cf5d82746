import { strict as assert } from "node:assert";
import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { readConfig, type Config } from "../../../functions/shared/settings/config.ts";
import { openQueues } from "../../../functions/shared/queue/open-queues.ts";
import { QueueFailure } from "../../../functions/shared/queue/queue-failure.ts";
import { temporaryDirectory } from "../../fakes/temporary-directory.ts";

const directory = await temporaryDirectory({ after });

const config = (home: string, env: Record<string, string> = {}): Config =>
  readConfig({ VMCATCHER_ONE_HOME: join(directory, home), ...env });

test("nothing is opened before the first queue", async () => {
  const queues = openQueues(config("untouched"));
  assert.deepEqual(queues.differences(), []);
  await queues.close();
  await assert.rejects(stat(join(directory, "untouched")), { code: "ENOENT" });
});

test("by default the queues are in the file under home", async () => {
  const settings = config("default");
  const queues = openQueues(settings);
  const [queue, same] = await Promise.all([queues.open("q"), queues.open("q")]);
  await queue.send({ body: "1", group: "g", deduplicationId: "d" });
  assert.deepEqual(await same.depth(), { waiting: 1, inFlight: 0, dead: 0 });
  await queues.close();
  assert.ok((await stat(settings.queueFile)).size > 0);
});

test("what could not be opened is tried again by the next call", async () => {
  const settings = config("blocked");
  await mkdir(join(directory, "blocked"));
  await writeFile(join(directory, "blocked", "queue"), "a file where the directory should be");
  const queues = openQueues(settings);
  await assert.rejects(queues.open("q"), QueueFailure);
  await rm(join(directory, "blocked", "queue"));
  assert.equal((await queues.open("q")).name, "q");
  await queues.close();
});

test("sqs goes to the endpoint of the settings", async () => {
  const settings = config("sqs", {
    VMCATCHER_ONE_QUEUE: "sqs",
    AWS_ENDPOINT_URL_SQS: "http://127.0.0.1:1",
  });
  const queues = openQueues(settings);
  await assert.rejects(queues.open("q"), QueueFailure);
  await queues.close();
});
