import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { RetryLater } from "../errors.ts";

/** What a caged program may use, in bytes. */
export interface CageLimits {
  readonly addressSpaceBytes: number;
  readonly fileBytes: number;
}

/**
 * The command line that runs a program which reads hostile input: it dies with us, gains no rights, leaves no core, and neither
 * its memory nor a file of it can grow without end.
 * @throws RetryLater when a program is missing: that is the installation's fault, not the image's
 */
export async function caged(
  program: string,
  { addressSpaceBytes, fileBytes }: CageLimits,
): Promise<readonly [string, ...string[]]> {
  const setpriv = await findProgram("setpriv");
  const prlimit = await findProgram("prlimit");
  const found = await findProgram(program);
  return [
    setpriv,
    // SIGTERM would do for a normal end; this is for ours by SIGKILL, after which nobody else could stop it.
    "--pdeathsig=KILL",
    "--no-new-privs",
    prlimit,
    "--core=0",
    `--as=${addressSpaceBytes}`,
    `--fsize=${fileBytes}`,
    found,
  ];
}

const PACKAGES: ReadonlyMap<string, string> = new Map([
  ["qemu-img", "qemu-utils (Debian, Ubuntu) or qemu-img (Red Hat, Alpine)"],
  ["setpriv", "util-linux (Alpine: setpriv)"],
  ["prlimit", "util-linux (Alpine: util-linux-misc)"],
]);

async function findProgram(name: string): Promise<string> {
  for (const directory of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(directory, name);
    if (directory !== "" && (await isExecutable(path))) {
      return path;
    }
  }
  throw new RetryLater(
    `${name} is not installed: install the package ${PACKAGES.get(name) ?? name}`,
  );
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
