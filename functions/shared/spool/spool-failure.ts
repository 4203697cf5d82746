import { errorText } from "../log/error-text.ts";
import { systemCode } from "../files/system-code.ts";

/** Thrown when the file system refuses something: nothing is lost, a person must act, and it is tried again. */
export class SpoolFailure extends Error {
  constructor(message: string, options: { cause: unknown }) {
    super(message, options);
    this.name = "SpoolFailure";
  }
}

/**
 * Runs a file operation and says what it was, and what to do, when the system refuses it.
 * @throws SpoolFailure instead of a system error; other errors as they are
 */
export async function explained<T>(
  verb: string,
  path: string,
  operation: () => Promise<T>,
): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) {
      throw error;
    }
    const advice = ADVICE.get(code) ?? errorText(error);
    throw new SpoolFailure(`cannot ${verb} ${path}: ${advice} (${code})`, { cause: error });
  }
}

const NO_RIGHT =
  "run vmcatcher and vmcatcher-one as the same user, or give this user the right to it";
const NO_SPACE = "there is no space left, make room";

const ADVICE: ReadonlyMap<string, string> = new Map([
  ["EACCES", NO_RIGHT],
  ["EPERM", NO_RIGHT],
  ["EROFS", "the file system is read-only"],
  ["ENOSPC", NO_SPACE],
  ["EDQUOT", NO_SPACE],
  ["EMFILE", "too many files are open, raise the limit (ulimit -n)"],
  ["ENFILE", "too many files are open on this host"],
]);
