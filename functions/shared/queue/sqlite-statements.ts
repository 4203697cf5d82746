import type { DatabaseSync } from "node:sqlite";

/** All statements on messages, prepared once for a connection. */
export function prepareStatements(database: DatabaseSync) {
  return {
    latestTime: database.prepare(LATEST_TIME),
    noteTime: database.prepare(NOTE_TIME),
    turnBackClock: database.prepare(TURN_BACK_CLOCK),
    turnBackMessages: database.prepare(TURN_BACK_MESSAGES),
    turnBackIds: database.prepare(TURN_BACK_IDS),
    forgetIds: database.prepare(FORGET_IDS),
    rememberId: database.prepare(REMEMBER_ID),
    insert: database.prepare(INSERT),
    eligible: database.prepare(ELIGIBLE),
    lease: database.prepare(LEASE),
    nextVisible: database.prepare(NEXT_VISIBLE),
    hide: database.prepare(HIDE),
    remove: database.prepare(REMOVE),
    bury: database.prepare(BURY),
    buryWorn: database.prepare(BURY_WORN),
    removeWorn: database.prepare(REMOVE_WORN),
    depth: database.prepare(DEPTH),
    messages: database.prepare(MESSAGES),
    deadLetters: database.prepare(DEAD_LETTERS),
    resurrect: database.prepare(RESURRECT),
    discard: database.prepare(DISCARD),
    removeDeadLetters: database.prepare(REMOVE_DEAD_LETTERS),
    bodies: database.prepare(BODIES),
  };
}

export type Statements = ReturnType<typeof prepareStatements>;

const LATEST_TIME = `SELECT latest FROM clock`;

const NOTE_TIME = `UPDATE clock SET latest = :now WHERE latest < :now`;

const TURN_BACK_CLOCK = `UPDATE clock SET latest = latest - :by`;

const TURN_BACK_MESSAGES = `UPDATE message SET sent_at = sent_at - :by, visible_at = visible_at - :by`;

const TURN_BACK_IDS = `UPDATE deduplication SET sent_at = sent_at - :by`;

const FORGET_IDS = `DELETE FROM deduplication WHERE sent_at <= :before`;

const REMEMBER_ID = `INSERT OR IGNORE INTO deduplication (queue, id, sent_at) VALUES (:queue, :id, :now)`;

const INSERT = `
  INSERT INTO message (queue, grp, body, trace, sent_at, visible_at)
  VALUES (:queue, :group, :body, :trace, :now, :now)`;

// The FIFO rule: a message is eligible if it is visible and no older one of its group exists.
const ELIGIBLE = `
  SELECT id, attempts FROM message AS candidate
  WHERE queue = :queue AND visible_at <= :now AND NOT EXISTS (
    SELECT 1 FROM message AS older
    WHERE older.queue = candidate.queue AND older.grp = candidate.grp AND older.id < candidate.id)
  ORDER BY id LIMIT 1`;

// One statement that looks again, so that no two receivers get the same message.
const LEASE = `
  UPDATE message SET attempts = attempts + 1, visible_at = :until, receipt = :receipt
  WHERE attempts < :limit AND id = (SELECT id FROM (${ELIGIBLE}))
  RETURNING id, grp, body, trace, sent_at, attempts`;

const NEXT_VISIBLE = `
  SELECT min(visible_at) AS at FROM message WHERE queue = :queue AND attempts > 0 AND visible_at > :now`;

// The lease is the receipt and the time: one that is over is lost, even if nobody else has the message yet.
const HIDE = `UPDATE message SET visible_at = :until WHERE id = :id AND receipt = :receipt AND visible_at > :now`;

const REMOVE = `DELETE FROM message WHERE id = :id AND receipt = :receipt AND visible_at > :now`;

const BURY = `
  INSERT INTO dead_letter (id, queue, grp, body, trace, code, text, step, time, attempts)
  SELECT id, queue, grp, body, trace, :code, :text, :step, :time, :attempts FROM message
  WHERE id = :id AND receipt = :receipt AND visible_at > :now`;

// Worn out: handed out as often as is allowed, and visible again.
const BURY_WORN = `
  INSERT INTO dead_letter (id, queue, grp, body, trace, attempts)
  SELECT id, queue, grp, body, trace, attempts FROM message
  WHERE id = :id AND attempts >= :limit AND visible_at <= :now`;

const REMOVE_WORN = `DELETE FROM message WHERE id = :id AND attempts >= :limit AND visible_at <= :now`;

const DEPTH = `
  SELECT
    count(*) FILTER (WHERE visible_at <= :now) AS waiting,
    count(*) FILTER (WHERE visible_at > :now) AS inFlight,
    (SELECT count(*) FROM dead_letter WHERE queue = :queue) AS dead
  FROM message WHERE queue = :queue`;

const MESSAGES = `
  SELECT id, grp, body, attempts, sent_at AS sentAt, visible_at > :now AS inFlight FROM message
  WHERE queue = :queue ORDER BY id LIMIT :limit`;

const DEAD_LETTERS = `
  SELECT id, grp, body, code, text, step, time, attempts FROM dead_letter
  WHERE queue = :queue ORDER BY id LIMIT :limit`;

const RESURRECT = `
  INSERT INTO message (queue, grp, body, trace, sent_at, visible_at)
  SELECT queue, grp, body, trace, :now, :now FROM dead_letter
  WHERE queue = :queue AND (:id IS NULL OR id = :id) ORDER BY id`;

const REMOVE_DEAD_LETTERS = `DELETE FROM dead_letter WHERE queue = :queue AND (:id IS NULL OR id = :id)`;

// One statement sees the file as it is at one instant, whatever other processes do meanwhile.
const BODIES = `SELECT body FROM message UNION ALL SELECT body FROM dead_letter`;
const DISCARD = `${REMOVE_DEAD_LETTERS} RETURNING id, grp, body, code, text, step, time, attempts`;
