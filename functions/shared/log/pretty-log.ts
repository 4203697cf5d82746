import { pino } from "pino";
import { logOptions, type Log } from "./log.ts";
import { printable, printableLines } from "./printable.ts";

/**
 * Writes lines for a person to standard output: `12:54:44.120 INFO: convert-image 6dda2f1c de355bfb-…  image converted {"path":…}`.
 * The messageId and the traceId are in the JSON lines only.
 *
 * The formatter runs in this process: pino's transports are worker threads that load files, of which a bundle has none. Each
 * line is written at once, as `createLog` does.
 * @param write takes a line; standard output by default
 */
export async function createPrettyLog(
  level: string,
  {
    write = standardOutput(),
    colour = process.stdout.isTTY && process.stdout.hasColors(),
  }: PrettyOptions = {},
): Promise<Log> {
  const { default: pretty } = await import("pino-pretty"); // only who asks for it pays for it
  const format = pretty.prettyFactory({
    colorize: colour,
    translateTime: "SYS:HH:MM:ss.l",
    singleLine: true,
    ignore: "function,job,identifier,attempt,messageId,traceId",
    customPrettifiers: {
      // It comes in brackets, which nothing else here has.
      time: (time) => (typeof time === "string" ? time.replace(/^\[(.*)\]$/, "$1") : ""),
      level: (_level, _key, _log, { labelColorized }) => labelColorized,
    },
    messageFormat: (line, messageKey) =>
      [whose(line), text(line[messageKey])].filter((part) => part !== "").join("  "),
  });
  return pino(logOptions(level), { write: (line) => write(format(harmless(line))) });
}

/** How to write. */
interface PrettyOptions {
  readonly write?: (line: string) => void;
  readonly colour?: boolean;
}

/** The function, the first digits of the job (enough for `explain`), the identifier, and from the second attempt on its number. */
function whose(line: Readonly<Record<string, unknown>>): string {
  const { function: name, job, identifier, attempt } = line;
  const tried = typeof attempt === "number" && attempt > 1 ? `attempt ${attempt}` : "";
  return [text(name), text(job).slice(0, JOB_DIGITS), text(identifier), tried]
    .filter((part) => part !== "")
    .join(" ");
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

const JOB_DIGITS = 8;

/** Not a bare write to the descriptor: a pipe may be full. */
function standardOutput(): (line: string) => void {
  const destination = pino.destination({ fd: 1, sync: true });
  return (line) => destination.write(line);
}

/** Texts of others (titles, names, error messages) must not steer the terminal; a stack keeps its lines. */
function harmless(line: string): unknown {
  return JSON.parse(line, (key, value: unknown) =>
    typeof value !== "string" ? value : key === "stack" ? printableLines(value) : printable(value),
  );
}
