import { existsSync } from "node:fs";
import { systemClock, type Clock } from "../time/clock.ts";
import { MISSING, QueueFailure } from "./queue-failure.ts";
import { openQueueFile } from "./sqlite-file.ts";
import { sqliteFailure } from "./sqlite-error.ts";
import { SqliteBell } from "./sqlite-bell.ts";
import { bodySchema } from "./sqlite-rows.ts";
import { SqliteQueue } from "./sqlite-queue.ts";
import { prepareStatements } from "./sqlite-statements.ts";
import type { Queue, Queues } from "./queue.ts";

/**
 * Queues in one SQLite file, shared by all processes of one host that open it.
 * @param options.create false to throw instead of making a file that is missing
 * @throws QueueFailure when the file cannot be used
 */
export function openSqliteQueues(
  path: string,
  options: { readonly clock?: Clock; readonly create?: boolean } = {},
): Queues {
  const { clock = systemClock, create = true } = options;
  if (!create && !existsSync(path)) {
    throw new QueueFailure(`queue file ${path}`, MISSING, "it does not exist");
  }
  const database = openQueueFile(path);
  const statements = prepareStatements(database);
  const bell = new SqliteBell(database);
  const queues = new Map<string, Queue>();
  return {
    open: async (name) => {
      const queue = queues.get(name) ?? new SqliteQueue(name, database, statements, bell, clock);
      queues.set(name, queue);
      return queue;
    },
    differences: () => [], // a queue has no attributes here
    bodies: async () => {
      try {
        return statements.bodies.all().map((row) => bodySchema.parse(row).body);
      } catch (error) {
        throw sqliteFailure("queues: bodies", error);
      }
    },
    close: async () => {
      bell.close();
      if (database.isOpen) {
        database.close();
      }
    },
  };
}
