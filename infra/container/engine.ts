import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { ensurePrograms } from "../prerequisites.ts";

/** A Docker engine of our own: it shares no socket, no image and no container with one that runs already. */
export interface Engine {
  /** For every `docker` that shall talk to it. */
  readonly env: EngineEnv;
  /** Ends it and all of its containers. */
  stop(): Promise<void>;
}

/** Environment of `docker`. */
export type EngineEnv = Readonly<Record<string, string>> & {
  readonly DOCKER_HOST: string;
  readonly DOCKER_CONFIG: string;
};

/** Installs what an engine needs, where it is missing. @throws Error that says what to install, or that it cannot run here */
export async function installEngine(): Promise<void> {
  if (process.getuid?.() !== 0 || !existsSync("/sys/fs/cgroup")) {
    throw new Error("a Docker engine needs root and control groups");
  }
  await ensurePrograms(["dockerd"]);
  await ensurePrograms(["docker", "ip", "setpriv"]); // Debian's docker.io brings the client along, or not
}

/**
 * Starts an engine that keeps everything below `directory`.
 * @throws Error with the end of its log when it does not answer
 */
export async function startEngine(directory: string): Promise<Engine> {
  await mkdir(directory, { recursive: true });
  const logFile = join(directory, "dockerd.log");
  const socket = `unix://${directory}/docker.sock`;
  const env = {
    DOCKER_HOST: socket,
    DOCKER_CONFIG: join(directory, "config"),
    DOCKER_BUILDKIT: "0", // engines of distributions come without buildx
    DOCKER_CLI_HINTS: "false",
  };
  const daemon = execa(
    "setpriv", // if we are killed, it ends too
    [
      "--pdeathsig=TERM",
      "dockerd",
      `--data-root=${directory}/data`,
      `--exec-root=${directory}/exec`,
      `--pidfile=${directory}/pid`,
      `--host=${socket}`,
    ],
    {
      stdin: "ignore",
      stdout: { file: logFile },
      stderr: { file: logFile },
      detached: true, // a Ctrl-C is for us: the engine is needed to take things down
      reject: false,
      forceKillAfterDelay: STOP_SECONDS * 1000,
    },
  );
  const stop = async (): Promise<void> => {
    daemon.kill("SIGTERM");
    await daemon;
  };
  const deadline = AbortSignal.any([AbortSignal.timeout(START_SECONDS * 1000), endOf(daemon)]);
  for (;;) {
    const asked = await execa("docker", ["version"], { env, reject: false });
    if (!asked.failed) {
      return { env, stop };
    }
    if (deadline.aborted) {
      await stop();
      const said = (await readFile(logFile, "utf8")).split("\n").slice(-LOG_LINES).join("\n");
      throw new Error(`the Docker engine does not answer:\n${asked.stderr}\n${said}`);
    }
    await sleep(200);
  }
}

/** Aborts when the process has ended. */
function endOf(daemon: Promise<unknown>): AbortSignal {
  const ended = new AbortController();
  void daemon.then(() => ended.abort());
  return ended.signal;
}

const START_SECONDS = 60;
const STOP_SECONDS = 60; // containers get 15 s of them
const LOG_LINES = 20;
