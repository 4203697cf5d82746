/** A call as it arrived. */
export interface CallRecord {
  readonly method: string;
  /** Without the session. */
  readonly args: readonly unknown[];
  /** Name of who called, as the session says it; empty when it does not. */
  readonly user: string;
  /** Milliseconds since 1970, by the simulator's clock. */
  readonly at: number;
}

/** Every call that arrived, whatever became of it. */
export class CallLog {
  #records: CallRecord[] = [];

  add(record: CallRecord): void {
    this.#records.push(record);
  }

  all(): readonly CallRecord[] {
    return [...this.#records];
  }

  reset(): void {
    this.#records = [];
  }
}
