import type { DatabaseSync } from "node:sqlite";
import * as z from "zod";
import { QueueFailure } from "./queue-failure.ts";
import { transaction } from "./sqlite-transaction.ts";

/**
 * Creates the tables in an empty file, adds what an older version did not have, and refuses a file that this version does not understand.
 * @throws QueueFailure `schema`
 */
export function ensureSchema(database: DatabaseSync, path: string): void {
  if (schemaVersion(database) === SCHEMA_VERSION) {
    return;
  }
  transaction(database, () => {
    const version = schemaVersion(database); // again, under the lock: another process may have been faster
    if (version > SCHEMA_VERSION) {
      const text = `was written by a newer version (schema ${version}, this one knows ${SCHEMA_VERSION})`;
      throw new QueueFailure(`queue file ${path}`, "schema", text);
    }
    if (version === SCHEMA_VERSION) {
      return;
    }
    if (version === 1) {
      database.exec(CREATE_CLOCK);
      database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
      return;
    }
    if (countSchema.parse(database.prepare(COUNT_TABLES).get()).tables > 0) {
      throw new QueueFailure(
        `queue file ${path}`,
        "schema",
        "is a SQLite database, but not one of queues",
      );
    }
    database.exec(CREATE_TABLES);
    database.exec(CREATE_CLOCK);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

const SCHEMA_VERSION = 2;

const COUNT_TABLES = `SELECT count(*) AS tables FROM sqlite_schema`;

// Times are milliseconds since 1970. AUTOINCREMENT: an id is never used again, so the order of ids is the order of
// sending, also in relation to messages that are gone, and an operator's old id never means another message.
const CREATE_TABLES = `
  CREATE TABLE message (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    queue      TEXT NOT NULL,
    grp        TEXT NOT NULL,
    body       TEXT NOT NULL,
    trace      TEXT,
    sent_at    INTEGER NOT NULL,
    visible_at INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    receipt    TEXT
  ) STRICT;
  CREATE INDEX message_by_order ON message (queue, id);
  CREATE INDEX message_by_group ON message (queue, grp, id);
  CREATE INDEX message_by_visibility ON message (queue, visible_at) WHERE attempts > 0; -- only these can be hidden

  CREATE TABLE dead_letter (
    id       INTEGER PRIMARY KEY,
    queue    TEXT NOT NULL,
    grp      TEXT NOT NULL,
    body     TEXT NOT NULL,
    trace    TEXT,
    code     TEXT,
    text     TEXT,
    step     TEXT,
    time     TEXT,
    attempts INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX dead_letter_by_queue ON dead_letter (queue);

  CREATE TABLE deduplication (
    queue   TEXT NOT NULL,
    id      TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    PRIMARY KEY (queue, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX deduplication_by_time ON deduplication (sent_at);
`;

// One row: the latest time that anything else in the file was written with (see sqlite-time.ts).
const CREATE_CLOCK = `
  CREATE TABLE clock (latest INTEGER NOT NULL) STRICT;
  INSERT INTO clock (latest) VALUES (0);
`;

const versionSchema = z.object({ user_version: z.int() });
const countSchema = z.object({ tables: z.int() });

function schemaVersion(database: DatabaseSync): number {
  return versionSchema.parse(database.prepare("PRAGMA user_version").get()).user_version;
}
