import type { Log } from "../../../functions/shared/log/log.ts";

/** What was logged: level, text and all bindings. */
export type Line = Readonly<Record<string, unknown>>;

/** A log that keeps its lines. */
export function recordingLog(): { log: Log; lines: Line[] } {
  const lines: Line[] = [];
  return { log: logInto(lines, {}), lines };
}

function logInto(lines: Line[], bindings: object): Log {
  const write =
    (level: string) =>
    (facts: object | string, text?: string): void => {
      lines.push(
        typeof facts === "string"
          ? { level, ...bindings, text: facts }
          : { level, ...bindings, ...facts, text },
      );
    };
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: (more) => logInto(lines, { ...bindings, ...more }),
  } as Log;
}
