/** Something that ends when a person interrupts it, or when nobody reads what it prints any more. */
export interface Interruption extends Disposable {
  /** Aborted by SIGINT, SIGTERM, or the end of the reader. */
  readonly signal: AbortSignal;
}

/** From now until it is disposed, an interruption does not end the process but aborts a signal. */
export function untilInterrupted(): Interruption {
  const stop = new AbortController();
  const abort = () => stop.abort(new Error("interrupted"));
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, abort);
  }
  process.stdout.on("error", abort); // `| head`: the reader has seen enough
  return {
    signal: stop.signal,
    [Symbol.dispose]: () => {
      for (const name of ["SIGINT", "SIGTERM"] as const) {
        process.off(name, abort);
      }
    },
  };
}
