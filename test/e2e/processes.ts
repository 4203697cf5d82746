import { execa } from "execa";

/** A process of the bundle that runs functions. */
export interface RunningFunctions {
  readonly pid: number;
  /** SIGTERM, then waits for its end. @returns the exit code */
  stop(): Promise<number | undefined>;
  kill(): Promise<void>;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<unknown>;
  /** What it has logged so far. */
  log(): string;
}

/** Runs a command of dist/ to its end, whatever its exit code is. */
export function runCommand(env: Readonly<Record<string, string>>, ...args: readonly string[]) {
  return execa("node", ["dist/vmcatcher-one.js", ...args], { env: { ...env }, reject: false });
}

/** Starts `vmcatcher-one run FUNCTION...` from dist/. @param prefix a program that becomes it, such as `ip netns exec NAME` */
export function runProcess(
  functions: readonly string[],
  env: Readonly<Record<string, string>>,
  prefix: readonly string[] = [],
): RunningFunctions {
  const [program = "", ...args] = [...prefix, "node", "dist/vmcatcher-one.js", "run", ...functions];
  const child = execa(program, args, {
    env: { ...env },
    all: true,
    reject: false,
    buffer: false,
    forceKillAfterDelay: 20_000,
  });
  let text = "";
  child.all.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  return {
    pid: child.pid ?? 0,
    ended: child,
    log: () => text,
    stop: async () => {
      child.kill("SIGTERM");
      return (await child).exitCode;
    },
    kill: async () => {
      child.kill("SIGKILL");
      await child;
    },
  };
}
