/** What the text of a cron file, or of a script that it calls, tells. */
export interface CronText {
  readonly variables: ReadonlyMap<string, string>;
  readonly runsVmcatcher: boolean;
  /** The user of the line that runs vmcatcher (or a script), where lines name one. */
  readonly user: string | undefined;
  /** Absolute paths that stand in it. */
  readonly paths: readonly string[];
}

/**
 * Reads crontabs and shell scripts alike, without understanding either: every `NAME=value` at the begin of a line, before a
 * command or after `export` counts, whatever the flow of a script would make of it.
 */
export function readCronText(text: string): CronText {
  const lines = text
    .replaceAll(/\\\r?\n/g, " ")
    .split(/\r?\n/)
    .filter((line) => !/^\s*(?:#|$)/.test(line));
  const variables = new Map<string, string>();
  const paths = new Set<string>();
  for (const line of lines) {
    for (const [name, value] of assignments(line)) {
      variables.set(name, value);
    }
    for (const [path] of line.matchAll(/\/[\w./@+-]+/g)) {
      paths.add(path);
    }
  }
  const running = lines.filter((line) => /\bvmcatcher_cache\b/.test(line));
  const scheduled = [...running, ...lines.filter((line) => paths.size > 0 && CRON_LINE.test(line))];
  return {
    variables,
    runsVmcatcher: running.length > 0,
    user: scheduled.map((line) => CRON_LINE.exec(line)?.[1]).find((user) => user !== undefined),
    paths: [...paths],
  };
}

/** Five fields of time, or a nickname such as `@daily`; then, in system files, the user and a command (in a person's own, vmcatcher's programs). */
const CRON_LINE =
  /^\s*(?:@[a-z]+|(?:[\d*,/-]|[A-Za-z]{3}\b)+(?:\s+(?:[\d*,/-]|[A-Za-z]{3}\b)+){4})\s+(?!vmcatcher_)([a-z_][a-z0-9_-]*)\s+[\w./"'([{:]/;

function* assignments(line: string): Generator<readonly [name: string, value: string]> {
  // In a crontab the whole rest of the line is the value, blanks and all.
  const alone =
    /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^"';|&]*?))\s*$/.exec(line);
  if (alone !== null) {
    yield [alone[1] ?? "", alone[2] ?? alone[3] ?? alone[4] ?? ""];
    return;
  }
  for (const match of line.matchAll(
    /(?:^|[\s;&|(])([A-Za-z_]\w*)=(?:"([^"]*)"|'([^']*)'|([^\s;&|"']*))/g,
  )) {
    yield [match[1] ?? "", match[2] ?? match[3] ?? match[4] ?? ""];
  }
}
