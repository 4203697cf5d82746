import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { execa } from "execa";

/*
 * Installs the programs that `npm run demo`, `npm test` and the container tests need, by the system's package manager where it may, and otherwise
 * says exactly what is missing: node infra/prerequisites.ts PROGRAM...
 */

/** Makes sure that the programs are in PATH. @throws Error that names what to install */
export async function ensurePrograms(programs: readonly string[]): Promise<void> {
  const missing = programs.filter((program) => !inPath(program));
  if (missing.length === 0) {
    return;
  }
  const manager = managers.find(({ command }) => inPath(command));
  const wanted = missing.map((program) => manager?.packages[program] ?? program);
  const advice = `missing: ${missing.join(", ")}; install ${wanted.join(" ")} and run this again`;
  if (manager === undefined) {
    throw new Error(advice);
  }
  const prefix = await rootPrefix();
  if (prefix === undefined) {
    throw new Error(
      `${advice} (not root, and sudo asks for a password: sudo ${manager.command} install ${wanted.join(" ")})`,
    );
  }
  process.stdout.write(`installing ${wanted.join(" ")} with ${manager.command}\n`);
  for (const args of manager.steps(wanted)) {
    const [command = "", ...rest] = [...prefix, manager.command, ...args];
    await execa(command, rest, {
      stdout: "ignore",
      stderr: "inherit",
      env: { DEBIAN_FRONTEND: "noninteractive" },
    });
  }
  const still = missing.filter((program) => !inPath(program));
  if (still.length > 0) {
    throw new Error(`missing: ${still.join(", ")}, although ${wanted.join(" ")} was installed`);
  }
}

const managers: readonly {
  readonly command: string;
  readonly packages: Readonly<Record<string, string>>;
  readonly steps: (packages: readonly string[]) => readonly (readonly string[])[];
}[] = [
  {
    command: "apt-get",
    packages: {
      "qemu-img": "qemu-utils",
      "mkfs.ext4": "e2fsprogs",
      java: "default-jre-headless",
      mvn: "maven",
      xz: "xz-utils",
      promtool: "prometheus",
      dockerd: "docker.io",
      docker: "docker-cli",
      ip: "iproute2",
      faketime: "faketime",
    },
    steps: (packages) => [
      ["update", "-qq"],
      ["install", "-y", "-qq", "--no-install-recommends", ...packages],
    ],
  },
  {
    command: "dnf",
    packages: {
      "qemu-img": "qemu-img",
      "mkfs.ext4": "e2fsprogs",
      java: "java-17-openjdk-headless",
      mvn: "maven",
      promtool: "golang-github-prometheus",
      faketime: "libfaketime",
      ip: "iproute",
    },
    steps: (packages) => [["install", "-y", "-q", ...packages]],
  },
];

function inPath(program: string): boolean {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .some((directory) => existsSync(join(directory, program)));
}

/** What to put before a command so that it runs as root; undefined when there is no way without asking. */
async function rootPrefix(): Promise<readonly string[] | undefined> {
  if (process.getuid?.() === 0) {
    return [];
  }
  const sudo = await execa("sudo", ["-n", "true"], { reject: false });
  return sudo.failed ? undefined : ["sudo", "-n"];
}

if (import.meta.main) {
  try {
    await ensurePrograms(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
