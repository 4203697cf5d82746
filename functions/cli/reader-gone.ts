import { EXIT_FAILED, EXIT_READER_GONE } from "./exit-codes.ts";

/**
 * Lets a command outlive whoever reads its output, as in `status | head -1`. What nobody reads is dropped, and the work is done to its
 * end, since some have work left when they have printed (`discard` removes files). Without a listener, Node.js ends the process with a stack
 * trace in the midst of it; what other programs end by, SIGPIPE, it ignores.
 *
 * The exit code then says that the answer was not delivered, whatever it was. What cannot be said on standard error changes nothing.
 *
 * `run` writes its log without these streams, and pino falls silent when nobody reads it: images matter more than lines about them, and
 * health and metrics still tell how it is.
 */
export function outliveReaders(): void {
  let exitCode: number | undefined;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    const gone = error.code === "EPIPE";
    if (!gone && exitCode === undefined) {
      process.stderr.write(`vmcatcher-one: standard output: ${error.message}\n`);
    }
    exitCode ??= gone ? EXIT_READER_GONE : EXIT_FAILED;
  });
  process.stderr.on("error", () => undefined);
  process.on("exit", () => {
    process.exitCode = exitCode ?? process.exitCode; // not earlier: a command sets its own after it has written
  });
}
