import { strict as assert } from "node:assert";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { execa } from "execa";
import { QueueFailure } from "../../../functions/shared/queue/queue-failure.ts";
import { sqliteFailure } from "../../../functions/shared/queue/sqlite-error.ts";
import { openQueueFile } from "../../../functions/shared/queue/sqlite-file.ts";
import { temporaryDirectory } from "../../fakes/temporary-directory.ts";

const directory = await temporaryDirectory({ after });

const failure = (code: string, text: RegExp) => (error: unknown) =>
  error instanceof QueueFailure && error.code === code && text.test(error.message);

test("the file and its directory are created, and nobody outside of the group can read them", async () => {
  const path = join(directory, "new", "deep", "queue.sqlite");
  const database = openQueueFile(path);
  for (const created of [path, `${path}-wal`, `${path}-shm`, join(directory, "new", "deep")]) {
    assert.equal((await stat(created)).mode & 0o007, 0, created);
  }
  database.close();
});

test("commits are synced to the disk and kept in a write-ahead log", () => {
  const database = openQueueFile(join(directory, "durable.sqlite"));
  assert.equal(database.prepare("PRAGMA journal_mode").get()?.journal_mode, "wal");
  assert.equal(database.prepare("PRAGMA synchronous").get()?.synchronous, 2);
  database.close();
});

test("a file of a newer version is refused and left as it is", async () => {
  const path = join(directory, "newer.sqlite");
  openQueueFile(path).close();
  const newer = new DatabaseSync(path);
  newer.exec("PRAGMA user_version = 3");
  newer.close();
  const before = await readFile(path);
  assert.throws(
    () => openQueueFile(path),
    failure("schema", /newer version \(schema 3, this one knows 2\)/),
  );
  assert.deepEqual(await readFile(path), before);
});

test("another program's database is refused", () => {
  const path = join(directory, "foreign.sqlite");
  const foreign = new DatabaseSync(path);
  foreign.exec("CREATE TABLE address (name TEXT)");
  foreign.close();
  assert.throws(() => openQueueFile(path), failure("schema", /not one of queues/));
});

test("a file that is no database is refused with its path", async () => {
  const path = join(directory, "text.sqlite");
  await writeFile(path, "hello, I am a text file\n".repeat(100));
  assert.throws(
    () => openQueueFile(path),
    failure("SQLITE_NOTADB", /text\.sqlite: the file is not a SQLite database/),
  );
});

test("a path that cannot be created is refused with the system's code", async () => {
  const file = join(directory, "file");
  await writeFile(file, "");
  assert.throws(
    () => openQueueFile(join(file, "no", "queue.sqlite")),
    failure("ENOTDIR", /queue file .*no/),
  );
});

test("a full disk, a read-only file, a lock and damage are told apart", async () => {
  const path = join(directory, "broken.sqlite");
  const database = new DatabaseSync(path);
  database.exec("CREATE TABLE t (x); PRAGMA max_page_count = 3");
  const reader = new DatabaseSync(path, { readOnly: true });
  const second = new DatabaseSync(path, { timeout: 0 });
  const fill = "INSERT INTO t VALUES (zeroblob(100000))";
  assert.equal(
    codeOf(() => database.exec(fill)),
    "SQLITE_FULL",
  );
  assert.equal(
    codeOf(() => reader.exec(fill)),
    "SQLITE_READONLY",
  );
  database.exec("BEGIN IMMEDIATE");
  assert.equal(
    codeOf(() => second.exec("BEGIN IMMEDIATE")),
    "SQLITE_BUSY",
  );
  for (const open of [database, reader, second]) {
    open.close();
  }

  const bytes = await readFile(path);
  await writeFile(path, bytes.fill(0xff, 4096)); // every page but the first
  const damaged = new DatabaseSync(path);
  assert.equal(
    codeOf(() => damaged.exec("SELECT * FROM t")),
    "SQLITE_CORRUPT",
  );
  damaged.close();
});

function codeOf(work: () => void): string {
  try {
    work();
  } catch (error) {
    const translated = sqliteFailure("queue file x", error);
    assert.equal(translated.cause, error);
    return translated.code;
  }
  return "nothing was thrown";
}

test("Bug: of processes that opened a new file at once, one now and then found it locked. Fix: it tries again", async () => {
  const program = join(import.meta.dirname, "open-files.ts");
  const moment = Date.now() + 1500; // until all have started
  const opening = [1, 2, 3].map(() =>
    execa(process.execPath, [program, directory, String(moment), "100"]),
  );
  await Promise.all(opening);
});
