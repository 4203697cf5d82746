import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "../time/clock.ts";
import { LeaseLost } from "../step/errors.ts";
import {
  checkOutgoing,
  checkReceive,
  checkVisibility,
  DEDUPLICATION_SECONDS,
  storableReason,
} from "./limits.ts";
import { QueueFailure } from "./queue-failure.ts";
import type {
  DeadLetter,
  DeadLetterReason,
  Delivery,
  Outgoing,
  Queue,
  QueueDepth,
  QueuedMessage,
  ReceiveOptions,
} from "./queue.ts";
import type { SqliteBell } from "./sqlite-bell.ts";
import { sqliteFailure } from "./sqlite-error.ts";
import { deadLetterSchema, depthSchema, messageSchema } from "./sqlite-rows.ts";
import type { Statements } from "./sqlite-statements.ts";
import { takeHead, untilNextVisible } from "./sqlite-take.ts";
import { presentTime } from "./sqlite-time.ts";
import { transaction } from "./sqlite-transaction.ts";

/**
 * One queue in the file. The state of a message is `visible_at`: in the past it waits, in the future it is leased or
 * hidden; a lease is valid while the message still has its receipt and `visible_at` is in the future.
 * All methods throw QueueFailure when the file fails.
 */
export class SqliteQueue implements Queue {
  readonly name: string;
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  readonly #bell: SqliteBell;
  readonly #clock: Clock;
  readonly #removed = new WeakSet<Delivery>();

  constructor(
    name: string,
    database: DatabaseSync,
    statements: Statements,
    bell: SqliteBell,
    clock: Clock,
  ) {
    this.name = name;
    this.#database = database;
    this.#statements = statements;
    this.#bell = bell;
    this.#clock = clock;
  }

  async send(message: Outgoing): Promise<void> {
    checkOutgoing(message);
    const { body, group, deduplicationId, trace = null } = message;
    this.#change("send", (now) => {
      this.#statements.forgetIds.run({ before: now - DEDUPLICATION_SECONDS * 1000 });
      const { changes } = this.#statements.rememberId.run({
        queue: this.name,
        id: deduplicationId,
        now,
      });
      if (changes === 1) {
        this.#statements.insert.run({ queue: this.name, group, body, trace, now });
      }
    });
  }

  async receive(options: ReceiveOptions): Promise<Delivery | undefined> {
    checkReceive(options);
    const deadline = performance.now() + options.waitSeconds * 1000;
    for (;;) {
      const delivery = this.#attempt("receive", () =>
        takeHead(
          this.#database,
          this.#statements,
          this.name,
          this.#presentTime(),
          options.leaseSeconds,
        ),
      );
      const left = deadline - performance.now();
      if (delivery !== undefined || left <= 0 || options.stop?.aborted === true) {
        return delivery;
      }
      const untilNext = this.#attempt("receive", () =>
        untilNextVisible(this.#statements, this.name, this.#now()),
      );
      await this.#bell.wait(this.name, Math.min(left, untilNext), options.stop);
      if (this.#bell.closed) {
        return undefined;
      }
    }
  }

  async changeVisibility(delivery: Delivery, seconds: number): Promise<void> {
    checkVisibility(seconds);
    this.#change("changeVisibility", (now) => {
      const { changes } = this.#statements.hide.run({
        ...leaseOf(delivery, now),
        until: now + seconds * 1000,
      });
      requireLease(changes, delivery);
    });
  }

  async remove(delivery: Delivery): Promise<void> {
    if (this.#removed.has(delivery)) {
      return;
    }
    this.#change("remove", (now) =>
      requireLease(this.#statements.remove.run(leaseOf(delivery, now)).changes, delivery),
    );
    this.#removed.add(delivery);
  }

  async deadLetter(delivery: Delivery, reason: DeadLetterReason): Promise<void> {
    const { code, text, step, time, attempts } = storableReason(reason);
    this.#change("deadLetter", (now) => {
      const lease = leaseOf(delivery, now);
      this.#statements.bury.run({ ...lease, code, text, step, time, attempts });
      requireLease(this.#statements.remove.run(lease).changes, delivery);
    });
  }

  async depth(): Promise<QueueDepth> {
    const parameters = { queue: this.name, now: this.#now() };
    return depthSchema.parse(this.#attempt("depth", () => this.#statements.depth.get(parameters)));
  }

  async messages(limit = NO_LIMIT): Promise<readonly QueuedMessage[]> {
    const rows = this.#attempt("messages", () =>
      this.#statements.messages.all({ queue: this.name, now: this.#now(), limit }),
    );
    return rows.map((row) => messageSchema.parse(row));
  }

  async deadLetters(limit: number): Promise<readonly DeadLetter[]> {
    const rows = this.#attempt("deadLetters", () =>
      this.#statements.deadLetters.all({ queue: this.name, limit }),
    );
    return rows.map((row) => deadLetterSchema.parse(row));
  }

  async redrive(messageId?: string): Promise<number> {
    const which = { queue: this.name, id: messageId ?? null };
    return this.#change("redrive", (now) => {
      const { changes } = this.#statements.resurrect.run({ ...which, now });
      this.#statements.removeDeadLetters.run(which);
      return Number(changes);
    });
  }

  async discard(messageId?: string): Promise<readonly DeadLetter[]> {
    const rows = this.#change("discard", () =>
      this.#statements.discard.all({ queue: this.name, id: messageId ?? null }),
    );
    // RETURNING gives rows in any order.
    return rows
      .map((row) => deadLetterSchema.parse(row))
      .sort((a, b) => Number(a.messageId) - Number(b.messageId));
  }

  #now(): number {
    return this.#clock.now().getTime();
  }

  #presentTime(): number {
    return presentTime(this.#database, this.#statements, this.#clock);
  }

  /** All of `work` or nothing of it; it is told the time. */
  #change<Result>(operation: string, work: (now: number) => Result): Result {
    const result = this.#attempt(operation, () => {
      const now = this.#presentTime();
      return transaction(this.#database, () => {
        this.#statements.noteTime.run({ now });
        return work(now);
      });
    });
    this.#bell.ring(this.name);
    return result;
  }

  #attempt<Result>(operation: string, work: () => Result): Result {
    const subject = `queue ${this.name}: ${operation}`;
    if (this.#bell.closed) {
      throw new QueueFailure(subject, "closed", "the queues are closed");
    }
    try {
      return work();
    } catch (error) {
      throw error instanceof LeaseLost ? error : sqliteFailure(subject, error);
    }
  }
}

const NO_LIMIT = -1; // SQLite's own word for it

function leaseOf(delivery: Delivery, now: number): { id: string; receipt: string; now: number } {
  return { id: delivery.messageId, receipt: delivery.receipt, now };
}

function requireLease(changes: number | bigint, delivery: Delivery): void {
  if (Number(changes) === 0) {
    throw new LeaseLost(`message ${delivery.messageId}: its lease has ended`);
  }
}
