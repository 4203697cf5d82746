import { execa } from "execa";

/** The files that a program may open besides itself and its libraries, as absolute paths. */
export interface OpenableFiles {
  readonly readable: readonly string[];
  /** Existing ones. */
  readonly writable: readonly string[];
}

/**
 * Arguments for `setpriv` that shut a program off from all files but these, by the kernel's Landlock, which takes no privilege.
 * Empty where that is not to be had: with util-linux before 2.40 (Debian 12), a kernel without it, a container runtime that
 * forbids it, or a program that does not live with its libraries in the system's directories.
 * @param programs the command to run: a program that starts another one, and so on
 */
export async function landlockArguments(
  setpriv: string,
  programs: readonly string[],
  { readable, writable }: OpenableFiles,
): Promise<readonly string[]> {
  if (!(await startsLocked(setpriv, programs))) {
    return [];
  }
  return [
    ...SYSTEM_ONLY,
    ...readable.map((path) => `--landlock-rule=path-beneath:read-file:${path}`),
    ...writable.map((path) => `--landlock-rule=path-beneath:read-file,write-file,truncate:${path}`),
  ];
}

// On a merged system all of it is in /usr; the links that lead there are not looked at.
const SYSTEM_ONLY = [
  "--landlock-access=fs",
  "--landlock-rule=path-beneath:execute,read-file,read-dir:/usr",
  "--landlock-rule=path-beneath:read-file,write-file:/dev/null", // qemu tries its locks on it
];

/** By all programs; the answer stays the same while we run. */
const answers = new Map<string, Promise<boolean>>();

async function startsLocked(setpriv: string, programs: readonly string[]): Promise<boolean> {
  const key = [setpriv, ...programs].join("\0");
  const answer = answers.get(key) ?? askWhetherTheyStart(setpriv, programs);
  answers.set(key, answer);
  return answer;
}

async function askWhetherTheyStart(setpriv: string, programs: readonly string[]): Promise<boolean> {
  const { exitCode } = await execa(
    setpriv,
    ["--no-new-privs", ...SYSTEM_ONLY, ...programs, "--help"],
    { stdin: "ignore", stdout: "ignore", stderr: "ignore", reject: false, timeout: 10_000 },
  );
  return exitCode === 0;
}
