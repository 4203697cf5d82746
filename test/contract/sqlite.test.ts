import { join } from "node:path";
import { after } from "node:test";
import { openSqliteQueues } from "../../functions/shared/queue/sqlite-queues.ts";
import { temporaryDirectory } from "../fakes/temporary-directory.ts";
import { queueContract } from "./queue-contract.ts";

const directory = await temporaryDirectory({ after });

queueContract("SQLite", async () => openSqliteQueues(join(directory, "queue.sqlite")), {
  removeWithStaleReceipt: "lease-lost",
  extensionOfExpiredLease: "lease-lost",
  astralCharacters: "kept",
});
