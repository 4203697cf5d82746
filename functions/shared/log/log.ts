import { pino, type Logger, type LoggerOptions } from "pino";

/** What a function logs with. info = a state changed, warn = will be retried, error = a person must act. */
export type Log = Pick<Logger, "debug" | "info" | "warn" | "error"> & {
  child(bindings: object): Log;
};

/** Writes JSON lines to standard output (`stderr` for commands whose output is their answer). */
export function createLog(level: string, stream: "stdout" | "stderr" = "stdout"): Log {
  return pino(
    logOptions(level),
    pino.destination({ fd: stream === "stdout" ? 1 : 2, sync: true }), // sync: a line that was written survives a kill
  );
}

/** What every line holds, wherever it goes: time and level in words, and nothing of the machine. */
export function logOptions(level: string): LoggerOptions {
  return {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
}

/** Says nothing; for tests and for callers that report by themselves. */
export const silentLog: Log = pino({ level: "silent" });
