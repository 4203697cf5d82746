import assert from "node:assert/strict";
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { execa, execaSync } from "execa";

const HOOK = fileURLToPath(
  new URL("../../functions/enqueue-event/vmcatcher-hook", import.meta.url),
);

/** Folder of the small programs that stand in for others. */
export const FIXTURES = fileURLToPath(new URL("../fixtures/hook/", import.meta.url));

export const IDENTIFIER = "5d6b9a47-6b3c-5f9c-8a3e-0f3b9f0f3a11";
export const SHA512 = "ab".repeat(64);

/** A shell that the hook must work under. */
export interface Shell {
  readonly name: string;
  readonly command: readonly string[];
  /** Why it cannot be tried here. */
  readonly missing: string | false;
}

/** What /bin/sh is on Debian, on Alpine and in rescue systems, and on Red Hat. */
export const SHELLS: readonly Shell[] = [
  shell("dash"),
  shell("busybox", "sh"),
  shell("bash", "--posix"),
];

/** A place of its own for one test: a cache with one image, a home, and a way to run the hook as vmcatcher does. */
export class Sandbox implements AsyncDisposable {
  readonly directory: string;
  readonly #shell: Shell;

  static async create(shell: Shell): Promise<Sandbox> {
    const directory = await mkdtemp(join(tmpdir(), "vmcatcher-hook-"));
    const sandbox = new Sandbox(directory, shell);
    await chmod(directory, 0o755);
    await copyFile(HOOK, sandbox.hook); // installed, as at a site: other users may not be able to enter the checkout
    await mkdir(sandbox.cache);
    await writeFile(join(sandbox.cache, IDENTIFIER), "an image");
    await mkdir(sandbox.applets);
    if (shell.name === "busybox sh") {
      const [busybox = ""] = shell.command;
      await Promise.all(APPLETS.map((name) => symlink(busybox, join(sandbox.applets, name))));
    }
    return sandbox;
  }

  constructor(directory: string, shell: Shell) {
    this.directory = directory;
    this.#shell = shell;
  }

  get home(): string {
    return join(this.directory, "home");
  }
  get hook(): string {
    return join(this.directory, "vmcatcher-hook");
  }
  get cache(): string {
    return join(this.directory, "cache");
  }
  get log(): string {
    return join(this.directory, "vmcatcher_image.log");
  }
  /** Busybox's own programs, when the shell is busybox's. */
  get applets(): string {
    return join(this.directory, "applets");
  }

  /** The whole command line of the hook. */
  get command(): readonly string[] {
    return [...this.#shell.command, this.hook];
  }

  /** All that the hook gets to see, as under `env -i`. */
  environment(extra: Readonly<Record<string, string | undefined>> = {}): Record<string, string> {
    const all = {
      PATH: this.applets,
      VMCATCHER_ONE_HOME: this.home,
      VMCATCHER_CACHE_DIR_CACHE: this.cache,
      VMCATCHER_EVENT_TYPE: "AvailablePostfix",
      VMCATCHER_EVENT_UUID_SESSION: "c4a1f1b0-72a4-11e4-9f0c-080027c0ffee",
      VMCATCHER_EVENT_DC_IDENTIFIER: IDENTIFIER,
      VMCATCHER_EVENT_FILENAME: IDENTIFIER,
      VMCATCHER_EVENT_SL_CHECKSUM_SHA512: SHA512,
      FAKE_LOG: this.log,
      ...extra,
    };
    return Object.fromEntries(
      Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    );
  }

  /** Runs the hook; `wrapper` is a command that runs it in its turn. Ends when the pipes are closed, as vmcatcher sees it. */
  async run(
    extra: Readonly<Record<string, string | undefined>> = {},
    wrapper: readonly string[] = [],
  ) {
    const [file = "", ...args] = [...wrapper, ...this.command];
    const env = this.environment(extra);
    return await execa(file, args, {
      env,
      extendEnv: false,
      stdin: "ignore",
      reject: false,
      cwd: this.directory,
    });
  }

  /** Asks the vmcatcher_image of the fixtures, too. */
  async expire(extra: Readonly<Record<string, string | undefined>> = {}) {
    return await this.run({
      VMCATCHER_EVENT_TYPE: "ExpirePostfix",
      PATH: `${FIXTURES}bin:${FIXTURES}quick-sleep:${this.applets}`,
      ...extra,
    });
  }

  async entries(): Promise<readonly string[]> {
    return (await this.list("spool/new")).sort();
  }

  /** The records of the only entry. */
  async records(): Promise<ReadonlyMap<string, string>> {
    const text = (await this.bytes()).toString("utf8");
    return new Map(
      text
        .split("\0")
        .slice(0, -1)
        .map((record) => [
          record.slice(0, record.indexOf("=")),
          record.slice(record.indexOf("=") + 1),
        ]),
    );
  }

  async bytes(): Promise<Buffer> {
    const names = await this.entries();
    if (names.length !== 1) {
      throw new Error(`${names.length} entries instead of one`);
    }
    return await readFile(join(this.home, "spool/new", names[0] ?? ""));
  }

  async subscription(): Promise<string | undefined> {
    return (await this.records()).get("VMCATCHER_ONE_HOOK_SUBSCRIPTION");
  }

  /** What a directory of the home holds; a missing one nothing. */
  async list(name: string): Promise<string[]> {
    return await readdir(join(this.home, name)).catch(() => []);
  }

  /** Process ids that vmcatcher_image has logged. */
  async logged(kind: "try" | "child"): Promise<readonly number[]> {
    const lines = (await readFile(this.log, "utf8").catch(() => "")).split("\n");
    return lines
      .filter((line) => line.startsWith(`${kind} `))
      .map((line) => Number(line.slice(kind.length + 1)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Whether a process runs; one that has ended and is not collected yet does not. */
export async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat !== "" && !/\) [ZX] /.test(stat);
}

/** Waits until processes that were sent a signal have ended: on a busy machine that takes a moment. */
export async function allEnd(pids: readonly number[]): Promise<void> {
  const deadline = performance.now() + 2000;
  while ((await Promise.all(pids.map(isRunning))).includes(true)) {
    assert.ok(performance.now() < deadline, "a process that was to end still runs");
    await sleep(10);
  }
}

/** The programs that the hook and its fixtures run; with busybox's shell they are busybox's, too. */
const APPLETS = [
  "cat",
  "date",
  "dd",
  "ln",
  "ls",
  "mkdir",
  "mv",
  "printf",
  "rm",
  "setsid",
  "sh",
  "tr",
];

/** By its absolute path: the hook's PATH may not lead to it. */
function shell(file: string, ...args: readonly string[]): Shell {
  const { stdout: path, failed } = execaSync("which", [file], { reject: false });
  return {
    name: [file, ...args].join(" "),
    command: [path, ...args],
    missing: failed && `${file} is not installed`,
  };
}
