import * as z from "zod";
import { errorText } from "../log/error-text.ts";
import { QueueFailure } from "./queue-failure.ts";

/** Anything thrown by node:sqlite or by the file system as a QueueFailure that says what to do about it. */
export function sqliteFailure(subject: string, error: unknown): QueueFailure {
  const thrown = thrownSchema.safeParse(error).data;
  const known = thrown?.errcode === undefined ? undefined : primaryCodes.get(thrown.errcode % 256);
  if (known !== undefined) {
    return new QueueFailure(subject, known.code, `${known.text}: ${errorText(error)}`, {
      cause: error,
    });
  }
  return new QueueFailure(subject, thrown?.code ?? "unknown", errorText(error), { cause: error });
}

// errcode is SQLite's extended result code; its lowest byte is the primary one (sqlite.org/rescode.html).
const thrownSchema = z.object({ code: z.string().optional(), errcode: z.int().optional() });

const primaryCodes: ReadonlyMap<number, { readonly code: string; readonly text: string }> = new Map(
  [
    [3, { code: "SQLITE_PERM", text: "no permission for the file" }],
    [5, { code: "SQLITE_BUSY", text: "another process has kept the file locked for too long" }],
    [
      8,
      { code: "SQLITE_READONLY", text: "the file or its directory cannot be written by this user" },
    ],
    [
      10,
      {
        code: "SQLITE_IOERR",
        text: "the disk failed, or its file system has no locks (it must be a local one)",
      },
    ],
    [
      11,
      {
        code: "SQLITE_CORRUPT",
        text: "the file is damaged; stop all functions and restore it or move it away",
      },
    ],
    [13, { code: "SQLITE_FULL", text: "no space is left on the disk" }],
    [14, { code: "SQLITE_CANTOPEN", text: "the file cannot be opened or created" }],
    [
      15,
      {
        code: "SQLITE_PROTOCOL",
        text: "the file's locks do not work (it must be on a local file system)",
      },
    ],
    [
      26,
      {
        code: "SQLITE_NOTADB",
        text: "the file is not a SQLite database, or its beginning is damaged",
      },
    ],
  ],
);
