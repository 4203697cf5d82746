import { RetryLater } from "../step/errors.ts";
import { findInPath } from "../files/program-path.ts";
import { landlockArguments, type OpenableFiles } from "./landlock.ts";

/** What a caged program may use. */
export interface CageLimits extends OpenableFiles {
  readonly addressSpaceBytes: number;
  /** The longest file that it may write. */
  readonly fileBytes: number;
  /** Of all its threads together. A backstop: the caller watches the clock. */
  readonly cpuSeconds: number;
}

/**
 * The command line that runs a program which reads hostile input: it dies with us, gains no rights, leaves no core, neither its
 * memory, its time nor a file of it can grow without end, and where the kernel and setpriv offer Landlock it can open nothing but
 * what it is given. All of that works for any user. An own user or network namespace and a seccomp filter were left out: the
 * former is what container runtimes forbid, and the latter would have to list the calls of every qemu there will be.
 * @throws RetryLater when a program is missing: that is the installation's fault, not the image's
 */
export async function caged(
  program: string,
  { addressSpaceBytes, fileBytes, cpuSeconds, ...files }: CageLimits,
): Promise<readonly [string, ...string[]]> {
  const setpriv = await findProgram("setpriv");
  const prlimit = await findProgram("prlimit");
  const found = await findProgram(program);
  return [
    setpriv,
    // SIGTERM would do for a normal end; this is for ours by SIGKILL, after which nobody else could stop it.
    "--pdeathsig=KILL",
    "--no-new-privs",
    ...(await landlockArguments(setpriv, [prlimit, found], files)),
    prlimit,
    "--core=0",
    `--as=${addressSpaceBytes}`,
    `--fsize=${fileBytes}`,
    // SIGXCPU tells its cause; the kernel's SIGKILL after that does not.
    `--cpu=${cpuSeconds}:${cpuSeconds + 5}`,
    found,
  ];
}

/** The environment of a caged program: none of ours, and English texts, which are looked at. */
export function programEnvironment(): Readonly<Record<string, string>> {
  return { PATH: process.env["PATH"] ?? "", LC_ALL: "C" };
}

/** The package of a program that we run, by the names that distributions give it. */
export function packageOf(program: string): string {
  return PACKAGES.get(program) ?? program;
}

const PACKAGES: ReadonlyMap<string, string> = new Map([
  ["qemu-img", "qemu-utils (Debian, Ubuntu) or qemu-img (Red Hat, Alpine)"],
  ["setpriv", "util-linux (Alpine: setpriv)"],
  ["prlimit", "util-linux (Alpine: util-linux-misc)"],
  ["xz", "xz-utils (Debian, Ubuntu) or xz (Red Hat, Alpine)"],
  ["bzip2", "bzip2"],
]);

async function findProgram(name: string): Promise<string> {
  const path = await findInPath(name, process.env["PATH"] ?? "");
  if (path === undefined) {
    throw new RetryLater(`${name} is not installed: install the package ${packageOf(name)}`);
  }
  return path;
}
