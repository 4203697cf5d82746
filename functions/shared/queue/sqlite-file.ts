import { closeSync, mkdirSync, openSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { QueueFailure } from "./queue-failure.ts";
import { sqliteFailure } from "./sqlite-error.ts";
import { ensureSchema } from "./sqlite-schema.ts";

/**
 * Opens the file of the queues, and creates it with its directory when missing (mode 0660 and 0770 cut by the umask:
 * several users of one group may share it, nobody else reads it).
 *
 * In WAL mode with `synchronous = FULL` every commit is on disk when it returns. WAL keeps its locks in shared memory,
 * so all processes must run on one host and the file must lie on a local file system.
 * @throws QueueFailure when the file cannot be used, saying why
 */
export function openQueueFile(path: string): DatabaseSync {
  const subject = `queue file ${path}`;
  let database: DatabaseSync | undefined;
  try {
    const directory = dirname(path);
    mkdirSync(directory, { recursive: true, mode: 0o770 });
    refuseNetworkFileSystem(subject, directory);
    closeSync(openSync(path, "a", 0o660)); // SQLite would create it readable by all; its -wal and -shm copy this mode
    database = new DatabaseSync(path, { timeout: LOCK_TIMEOUT_MS });
    const mode = enterWal(database);
    if (mode !== "wal") {
      throw new QueueFailure(
        subject,
        "no-wal",
        `its file system cannot do write-ahead logs (got '${String(mode)}')`,
      );
    }
    database.exec("PRAGMA synchronous = FULL");
    ensureSchema(database, path);
    return database;
  } catch (error) {
    database?.close();
    throw error instanceof QueueFailure ? error : sqliteFailure(subject, error);
  }
}

/**
 * Two processes that open a new file at once both have it locked for reading and want it for themselves: SQLite tells one of them
 * at once that it is busy, without the time that it waits otherwise.
 * @returns the mode that the file is in then
 */
function enterWal(database: DatabaseSync): unknown {
  const begun = performance.now();
  for (;;) {
    try {
      return database.prepare("PRAGMA journal_mode = WAL").get()?.journal_mode;
    } catch (error) {
      const isBusy = sqliteFailure("", error).code === "SQLITE_BUSY";
      if (!isBusy || performance.now() - begun > LOCK_TIMEOUT_MS) {
        throw error;
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_PAUSE_MS);
    }
  }
}

const BUSY_PAUSE_MS = 10;

// Transactions take milliseconds. A process that waits longer blocks its own heartbeats, so better an error than a lost lease.
const LOCK_TIMEOUT_MS = 5000;

// f_type of statfs(2). On these WAL seems to work until two hosts open the file; then it is damaged.
const networkFileSystems: ReadonlyMap<number, string> = new Map([
  [0x69_69, "NFS"],
  [0x51_7b, "SMB"],
  [0xff_53_4d_42, "CIFS"],
  [0xfe_53_4d_42, "SMB2"],
  [0x00_c3_64_00, "CephFS"],
  [0x0b_d0_0b_d0, "Lustre"],
  [0x47_50_46_53, "GPFS"],
  [0x53_46_41_4f, "AFS"],
  [0x01_16_19_70, "GFS2"],
]);

function refuseNetworkFileSystem(subject: string, directory: string): void {
  const name = networkFileSystems.get(statfsSync(directory).type);
  if (name !== undefined) {
    const text = `${directory} is on ${name}; the file must be on a local file system, or set VMCATCHER_ONE_QUEUE=sqs`;
    throw new QueueFailure(subject, "network-file-system", text);
  }
}
