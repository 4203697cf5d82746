import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { openSqliteQueues } from "../../functions/shared/queue/sqlite-queues.ts";
import { queueContract } from "./queue-contract.ts";

const directory = await mkdtemp(join(tmpdir(), "queue-contract-"));
after(() => rm(directory, { recursive: true }));

queueContract("SQLite", async () => openSqliteQueues(join(directory, "queue.sqlite")), {
  removeWithStaleReceipt: "lease-lost",
  extensionOfExpiredLease: "lease-lost",
  astralCharacters: "kept",
});
