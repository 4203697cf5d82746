import { readFile } from "node:fs/promises";
import { NOT_BMP, NOT_XML } from "./characters.ts";
import { systemCode } from "../files/system-code.ts";

/**
 * Reads `user:password` from the first line of a file, as every OpenNebula tool does. It is read for each call, so that a
 * changed password counts at once. The line end is no part of the password: oned would refuse it.
 * @throws Error that names the file and what is wrong with it, never its content
 */
export async function readSession(file: string): Promise<string> {
  const [session = ""] = (await read(file)).split(/\r?\n/, 1);
  const problem = PROBLEMS.find((candidate) => candidate.found(session));
  if (problem !== undefined) {
    throw new Error(`the ONE_AUTH file ${file} ${problem.text}`);
  }
  return session;
}

/** The text without the session, and without the password where it is long enough not to be an ordinary word of the text. */
export function conceal(text: string, session: string): string {
  const password = session.slice(session.indexOf(":") + 1);
  return [session, password]
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .reduce((rest, secret) => rest.replaceAll(secret, "***"), text);
}

const MIN_SECRET_LENGTH = 6;

const PROBLEMS: readonly { found(session: string): boolean; text: string }[] = [
  { found: (session) => session === "", text: "is empty or starts with an empty line" },
  {
    found: (session) => !/^[^:]+:./u.test(session),
    text: "does not start with a line user:password",
  },
  {
    found: (session) => session.search(NOT_XML) >= 0 || session.search(NOT_BMP) >= 0,
    text: "contains a character that OpenNebula does not take",
  },
];

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = systemCode(error) ?? "";
    const reason = READ_ERRORS.get(code) ?? `cannot be read: ${code}`;
    throw new Error(`the ONE_AUTH file ${file} ${reason}`, { cause: error });
  }
}

const READ_ERRORS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "does not exist"],
  ["EACCES", "is not readable for this user"],
  ["EISDIR", "is a directory"],
]);
