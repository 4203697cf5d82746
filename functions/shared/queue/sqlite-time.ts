import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "../time/clock.ts";
import { latestSchema } from "./sqlite-rows.ts";
import type { Statements } from "./sqlite-statements.ts";
import { transaction } from "./sqlite-transaction.ts";

/**
 * Now, in milliseconds since 1970, by a clock that may have been set back.
 *
 * What waits, is leased or is hidden is so until a time. Were the clock set back by a day, everything would wait for a day.
 * So the file knows the latest time that it was written with, and when the clock is behind that, all times in the file go
 * back with it: leases and delays keep what was left of them. A clock that is set forward only ends leases early.
 */
export function presentTime(database: DatabaseSync, statements: Statements, clock: Clock): number {
  if (behind(statements, clock) > TOLERANCE_MS) {
    transaction(database, () => {
      const by = behind(statements, clock); // again, under the lock: another process may have been faster
      if (by > TOLERANCE_MS) {
        statements.turnBackMessages.run({ by });
        statements.turnBackIds.run({ by });
        statements.turnBackClock.run({ by });
      }
    });
  }
  return clock.now().getTime();
}

const TOLERANCE_MS = 1000; // what a time server corrects in passing delays nothing that matters

/** The file is read first: what another process of this host wrote before is then no later than now. */
function behind(statements: Statements, clock: Clock): number {
  const { latest } = latestSchema.parse(statements.latestTime.get());
  return latest - clock.now().getTime();
}
