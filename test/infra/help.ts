import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** A command with its arguments, or with one of its options, as its help prints it. */
export interface HelpLine {
  readonly name: string;
  /** The default that the help names. */
  readonly standard: string | undefined;
}

/** Everything that can be typed, by the help of the program and of each of its commands. */
export async function helpLines(): Promise<readonly HelpLine[]> {
  const printer = new Worker(new URL("help-printer.ts", import.meta.url));
  const ended = once(printer, "exit").then(([code]) => {
    throw new Error(`the thread that prints the help has ended with ${code}`);
  });
  const print: Print = async (...args) => {
    printer.postMessage(args, []);
    const [text] = await Promise.race([once(printer, "message"), ended]);
    return String(text);
  };
  try {
    return await linesOf(print, []);
  } finally {
    ended.catch(() => undefined); // as it should
    await printer.terminate();
  }
}

/** What the program prints for a command line. */
type Print = (...args: readonly string[]) => Promise<string>;

const HELP_COMMAND = "help [command]";

async function linesOf(print: Print, command: readonly string[]): Promise<readonly HelpLine[]> {
  const { usage, options, commands } = readHelp(await print(...command, "--help"));
  const isProgram = command.length === 0;
  const lines = [
    { name: isProgram ? HELP_COMMAND : usage, standard: undefined },
    ...options
      .filter(({ name }) => isProgram || name !== "--help") // every command has it; the table says so once
      .map(({ name, standard }) => ({ name: [...command, name].join(" "), standard })),
  ];
  for (const name of commands) {
    lines.push(...(await linesOf(print, [...command, name])));
  }
  return lines;
}

function readHelp(help: string) {
  const usage = /^Usage: vmcatcher-one (.*)$/m.exec(help)?.[1] ?? "";
  return {
    usage: usage.replaceAll(/ ?\[(?:options|command)\]/g, ""),
    options: entriesOf(help, "Options").map(({ term, text }) => ({
      name: term.replace(/^-\w, /, ""),
      standard: /\(default: "?([^\s")]+)"?\)$/.exec(text)?.[1],
    })),
    commands: entriesOf(help, "Commands")
      .filter(({ term }) => term !== HELP_COMMAND)
      .map(({ term }) => term.split(" ")[0] ?? ""),
  };
}

/** The entries of a section: a term after two blanks, its text behind it and, deeper, on the lines that follow. */
function entriesOf(help: string, section: string) {
  const [, lines = ""] = new RegExp(`^${section}:\\n((?: {2}.+\\n?)+)`, "m").exec(help) ?? [];
  return lines
    .split(/^ {2}(?=\S)/m)
    .slice(1)
    .map((entry) => {
      const [term = "", ...text] = entry.trim().split(/ {2,}|\n\s*/);
      return { term, text: text.join(" ") };
    });
}
