import type { DatabaseSync } from "node:sqlite";

/** Runs `work` under the write lock: all of it is on disk when this returns, none of it when this throws. */
export function transaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec("BEGIN IMMEDIATE"); // at once, since a read lock that must become a write lock may fail half-way
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // SQLite ends the transaction by itself after some errors (disk full).
    if (database.isTransaction) {
      database.exec("ROLLBACK");
    }
    throw error;
  }
}
