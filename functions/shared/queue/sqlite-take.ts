import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { MAX_RECEIVES } from "./limits.ts";
import type { Delivery } from "./queue.ts";
import { headSchema, leasedSchema, nextVisibleSchema } from "./sqlite-rows.ts";
import type { Statements } from "./sqlite-statements.ts";
import { transaction } from "./sqlite-transaction.ts";

/** Leases the oldest eligible message, and buries those on the way that were handed out too often. */
export function takeHead(
  database: DatabaseSync,
  statements: Statements,
  queue: string,
  now: number,
  leaseSeconds: number,
): Delivery | undefined {
  for (;;) {
    const head = statements.eligible.get({ queue, now }); // a look costs no lock, unlike an update of nothing
    if (head === undefined) {
      return undefined;
    }
    const { id, attempts } = headSchema.parse(head);
    if (attempts >= MAX_RECEIVES) {
      bury(database, statements, id, now);
      continue;
    }
    const receipt = randomUUID();
    const until = now + leaseSeconds * 1000;
    const leased = transaction(database, () => {
      statements.noteTime.run({ now });
      return statements.lease.get({ queue, now, until, receipt, limit: MAX_RECEIVES });
    });
    // Undefined when another process was faster; then there may be another one.
    if (leased !== undefined) {
      const row = leasedSchema.parse(leased);
      return {
        messageId: String(row.id),
        body: row.body,
        group: row.grp,
        attempt: row.attempts,
        sentAt: row.sent_at,
        trace: row.trace ?? undefined,
        receipt,
      };
    }
  }
}

/** Milliseconds until the next hidden message becomes visible, infinite when none is hidden. */
export function untilNextVisible(statements: Statements, queue: string, now: number): number {
  const { at } = nextVisibleSchema.parse(statements.nextVisible.get({ queue, now }));
  return at === null ? Number.POSITIVE_INFINITY : at - now;
}

function bury(database: DatabaseSync, statements: Statements, id: number, now: number): void {
  const worn = { id, now, limit: MAX_RECEIVES };
  transaction(database, () => {
    statements.buryWorn.run(worn);
    statements.removeWorn.run(worn);
  });
}
