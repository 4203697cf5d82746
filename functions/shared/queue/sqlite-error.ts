import * as z from "zod";
import { errorText } from "../log/error-text.ts";
import { QueueFailure } from "./queue-failure.ts";

/** Anything thrown by node:sqlite or by the file system as a QueueFailure that says what to do about it. */
export function sqliteFailure(subject: string, error: unknown): QueueFailure {
  const thrown = thrownSchema.safeParse(error).data;
  const known = thrown?.errcode === undefined ? undefined : primaryCodes.get(thrown.errcode % 256);
  if (known !== undefined) {
    const [code, text] = known;
    return new QueueFailure(subject, code, `${text}: ${errorText(error)}`, { cause: error });
  }
  return new QueueFailure(subject, thrown?.code ?? "unknown", errorText(error), { cause: error });
}

// errcode is SQLite's extended result code; its lowest byte is the primary one (sqlite.org/rescode.html).
const thrownSchema = z.object({ code: z.string().optional(), errcode: z.int().optional() });

const primaryCodes: ReadonlyMap<number, readonly [code: string, text: string]> = new Map([
  [3, ["SQLITE_PERM", "no permission for the file"]],
  [5, ["SQLITE_BUSY", "another process has kept the file locked for too long"]],
  [8, ["SQLITE_READONLY", "the file or its directory cannot be written by this user"]],
  [
    10,
    ["SQLITE_IOERR", "the disk failed, or its file system has no locks (it must be a local one)"],
  ],
  [
    11,
    ["SQLITE_CORRUPT", "the file is damaged; stop all functions and restore it or move it away"],
  ],
  [13, ["SQLITE_FULL", "no space is left on the disk"]],
  [14, ["SQLITE_CANTOPEN", "the file cannot be opened or created"]],
  [15, ["SQLITE_PROTOCOL", "the file's locks do not work (it must be on a local file system)"]],
  [26, ["SQLITE_NOTADB", "the file is not a SQLite database, or its beginning is damaged"]],
]);
