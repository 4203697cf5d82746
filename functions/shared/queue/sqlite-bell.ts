import type { DatabaseSync, StatementSync } from "node:sqlite";

/**
 * Wakes receivers when something may have changed in their queue.
 *
 * Changes by this process ring at once. Those of other processes are seen in `PRAGMA data_version`, which changes with
 * every commit of another connection and costs a few microseconds to read; it is polled for all queues together, and
 * only while somebody waits. Files could be watched instead, but watches run out and do not work on every mount.
 */
export class SqliteBell {
  readonly #dataVersion: StatementSync;
  readonly #waiting = new Map<string, Set<() => void>>();
  #lastVersion: unknown;
  #poll: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(database: DatabaseSync) {
    this.#dataVersion = database.prepare("PRAGMA data_version");
    this.#lastVersion = this.#readVersion();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Resolves after `milliseconds`, or earlier when something may have changed in the queue or `stop` aborts. */
  wait(queue: string, milliseconds: number, stop?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.#waiting.get(queue) ?? new Set();
    this.#waiting.set(queue, waiting);
    const wake = (): void => {
      clearTimeout(timer);
      stop?.removeEventListener("abort", wake);
      waiting.delete(wake);
      if (waiting.size === 0) {
        this.#waiting.delete(queue);
      }
      if (this.#waiting.size === 0) {
        clearInterval(this.#poll);
        this.#poll = undefined;
      }
      resolve();
    };
    const timer = setTimeout(wake, Math.max(1, Math.ceil(milliseconds)));
    waiting.add(wake);
    stop?.addEventListener("abort", wake);
    this.#poll ??= setInterval(() => this.#lookAtOtherProcesses(), POLL_MS);
    return promise;
  }

  ring(queue: string): void {
    for (const wake of this.#waiting.get(queue) ?? []) {
      wake();
    }
  }

  /** Wakes all, for ever. */
  close(): void {
    this.#closed = true;
    this.#ringAll();
  }

  #lookAtOtherProcesses(): void {
    const version = this.#readVersion();
    if (version !== this.#lastVersion) {
      this.#lastVersion = version;
      this.#ringAll();
    }
  }

  #readVersion(): unknown {
    return this.#dataVersion.get()?.data_version;
  }

  #ringAll(): void {
    for (const queue of this.#waiting.keys()) {
      this.ring(queue);
    }
  }
}

// An image takes minutes, so a tenth of a second is "at once"; ten looks a second cost about 0.1 % of a core.
const POLL_MS = 100;
