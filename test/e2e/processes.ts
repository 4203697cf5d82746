import { execa } from "execa";

/** A process of the bundle that runs functions. */
export interface RunningFunctions {
  readonly pid: number;
  /** SIGTERM, then waits for its end. @returns the exit code */
  stop(): Promise<number | undefined>;
  kill(): Promise<void>;
  /** What it has logged so far. */
  log(): string;
}

/** Starts `vmcatcher-one run FUNCTION...` from dist/. */
export function runProcess(
  functions: readonly string[],
  env: Readonly<Record<string, string>>,
): RunningFunctions {
  const child = execa("node", ["dist/vmcatcher-one.js", "run", ...functions], {
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
