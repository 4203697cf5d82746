import { DatabaseSync } from "node:sqlite";
import * as z from "zod";
import { errorText } from "../log/error-text.ts";

/** What vmcatcher's database says of one image. */
interface Subscription {
  readonly identifier: string;
  /** Subscribed, and in the latest list of its subscription: what `vmcatcher_image -l` calls 3. */
  readonly endorsed: boolean;
  readonly sha512: string | undefined;
  readonly title: string | undefined;
}

/** The images that vmcatcher's database knows, or why it could not be asked. */
export type Subscriptions =
  | { readonly images: ReadonlyMap<string, Subscription> }
  | { readonly notChecked: string };

/**
 * Reads vmcatcher's SQLite database, with one short statement and never for writing, so that vmcatcher is not held up.
 * Whatever stands in the way (another kind of database, no file, a lock, other tables) makes it "not checked".
 * @param location a path, or SQLAlchemy's `sqlite:////path`
 */
export function readSubscriptions(location: string): Subscriptions {
  const path = databasePath(location);
  if (path === undefined) {
    const scheme = /^[a-z][a-z0-9+]*/.exec(location)?.[0] ?? "this"; // the rest may hold a password
    return {
      notChecked: `vmcatcher's database: only SQLite with an absolute path can be read, not ${scheme}`,
    };
  }
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: LOCK_TIMEOUT_MS });
    const rows = rowsSchema.parse(database.prepare(IMAGES).all());
    return rows.length === 0
      ? { notChecked: `vmcatcher's database ${path}: it knows no image` }
      : { images: new Map(rows.map((row) => [row.identifier, row])) };
  } catch (error) {
    const reason =
      error instanceof z.ZodError ? "its tables are not those of vmcatcher" : errorText(error);
    return { notChecked: `vmcatcher's database ${path}: ${reason}` };
  } finally {
    database?.close();
  }
}

// The process stands still meanwhile: no longer than a heartbeat can bear.
const LOCK_TIMEOUT_MS = 500;

// Tables and columns as in vmcatcher's databaseDefinition.py, the condition as in its `vmcatcher_image -l` (outputbase.py).
const IMAGES = `
  SELECT d.identifier, d.cache, s.authorised, i.sha512, i.title, l.expired
  FROM ImageDefinition AS d
  JOIN subscription AS s ON s.id = d.subscription
  LEFT JOIN ImageInstance AS i
    ON i.id = d.latest AND i.fkIdentifier = d.id AND i.fkimagelistinstance = s.imagelist_latest
  LEFT JOIN imageListInstance AS l ON l.id = i.fkimagelistinstance`;

const rowsSchema = z.array(
  z
    .object({
      identifier: z.string(),
      cache: z.int(),
      authorised: z.int(),
      sha512: z.string().toLowerCase().nullable(),
      title: z.string().nullable(),
      expired: z.string().nullable(),
    })
    .transform(({ identifier, cache, authorised, sha512, title, expired }): Subscription => ({
      identifier,
      endorsed: cache === 1 && authorised === 1 && sha512 !== null && expired === null,
      sha512: sha512 ?? undefined,
      title: title ?? undefined,
    })),
);

/** The file that a path or SQLAlchemy's URL names; undefined when it names none, or one that only vmcatcher can find. */
export function databasePath(location: string): string | undefined {
  const path = location.replace(/^sqlite(\+[a-z0-9]+)?:\/\/\//, "");
  return path.startsWith("/") ? path : undefined;
}
