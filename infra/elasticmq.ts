import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa, ExecaError } from "execa";

/*
 * ElasticMQ out of Maven Central, for the contract tests and the demonstration: `node infra/elasticmq.ts install` fetches it,
 * `startElasticMq` runs it on 127.0.0.1.
 */

/** A running ElasticMQ. */
export interface ElasticMq {
  /** For the SDK: `http://<host>:<port>`. */
  readonly endpoint: string;
  readonly pid: number;
  /** Ends it in order. */
  stop(): Promise<void>;
  /** Ends it as a power failure would. */
  kill(): Promise<void>;
}

/** The settings of a process whose queue is a server at that address, which takes any keys. */
export function sqsEnvironment(endpoint: string): Readonly<Record<string, string>> {
  return {
    VMCATCHER_ONE_QUEUE: "sqs",
    AWS_ENDPOINT_URL_SQS: endpoint,
    AWS_ACCESS_KEY_ID: "any",
    AWS_SECRET_ACCESS_KEY: "any",
  };
}

/**
 * Starts ElasticMQ and waits until it answers.
 * @param options as of `ElasticMqOptions`
 * @throws Error saying what to install when it cannot be had, or what ElasticMQ said when it does not start
 */
export async function startElasticMq(options: ElasticMqOptions = {}): Promise<ElasticMq> {
  await requireInstalled();
  const server = spawnServer(options);
  const endpoint = await listeningAddress(server);
  const health = await fetch(`${endpoint}/health`, {
    signal: AbortSignal.timeout(START_TIMEOUT_MS),
  });
  if (!health.ok || server.pid === undefined) {
    server.kill("SIGKILL");
    throw new Error(`ElasticMQ at ${endpoint} is not healthy: HTTP ${health.status}`);
  }
  const end = async (signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
    server.kill(signal);
    await server;
  };
  return { endpoint, pid: server.pid, stop: () => end("SIGTERM"), kill: () => end("SIGKILL") };
}

/** How to run it; everything may be left out. */
export interface ElasticMqOptions {
  /** Where messages are kept over restarts; in memory when absent. */
  readonly dataDirectory?: string;
  /** The address to listen on; 127.0.0.1 when absent. */
  readonly host?: string;
  /** 0 or absent: a free one. */
  readonly port?: number;
  /** Variables besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Fetches ElasticMQ with all that it needs to run, unless that was done before for the same pom.xml.
 * @returns whether something was fetched
 */
export async function installElasticMq(): Promise<boolean> {
  if (await isInstalled()) {
    return false;
  }
  const unfinished = `${cacheDirectory}.${process.pid}`;
  const copyTask = [
    "dependency:copy-dependencies",
    "-DincludeScope=runtime",
    `-DoutputDirectory=${unfinished}`,
  ];
  await mkdir(dirname(cacheDirectory), { recursive: true });
  try {
    await run("mvn", ["--batch-mode", "--quiet", `--file=${pomFile}`, ...copyTask]);
    await writeFile(join(unfinished, STAMP), await fingerprint());
    await rm(cacheDirectory, { recursive: true, force: true });
    await rename(unfinished, cacheDirectory); // last, so that a half-filled directory is never taken for a whole one
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return true;
}

const root = dirname(import.meta.dirname);
const pomFile = join(import.meta.dirname, "elasticmq", "pom.xml");
const configFile = join(import.meta.dirname, "elasticmq", "elasticmq.conf");
const cacheDirectory = join(root, ".cache", "elasticmq");
const STAMP = "installed-for";

const START_TIMEOUT_MS = 60_000; // 2 to 4 seconds on an idle machine
const STOP_GRACE_MS = 10_000;
const OUTPUT_CHARACTERS = 4000; // of what it said, for an error message

const howToGet: Readonly<Record<string, string>> = {
  java: "install a Java runtime, version 11 or later (Debian: apt-get install default-jre-headless)",
  mvn: "install Maven (Debian: apt-get install maven)",
};

function spawnServer(options: ElasticMqOptions) {
  const storage =
    options.dataDirectory === undefined
      ? ["-Dmessages-storage.enabled=false"]
      : [`-Dmessages-storage.uri=jdbc:h2:${options.dataDirectory}/elasticmq;WRITE_DELAY=0`];
  const limits = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]; // it works with 100 MB; the rest is a quick start
  const settings = [
    `-Dconfig.file=${configFile}`,
    `-Drest-sqs.bind-hostname=${options.host ?? "127.0.0.1"}`,
    `-Drest-sqs.bind-port=${options.port ?? 0}`,
    ...storage,
  ];
  return execa(
    "java",
    [...limits, ...settings, "-classpath", `${cacheDirectory}/*`, "org.elasticmq.server.Main"],
    {
      all: true,
      buffer: false,
      env: { ...options.env },
      reject: false,
      stdin: "ignore",
      forceKillAfterDelay: STOP_GRACE_MS,
    },
  );
}

/** Reads on until the end, since a full pipe would stop the server. */
async function listeningAddress(server: ReturnType<typeof spawnServer>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let output = "";
  server.all.setEncoding("utf8").on("data", (text: string) => {
    output = (output + text).slice(-OUTPUT_CHARACTERS);
    const address = /bind address ([\d.]+:\d+)/.exec(output)?.[1];
    if (address !== undefined && output.includes("started in")) {
      resolve(`http://${address}`);
    }
  });
  const failAtEnd = async (): Promise<void> => {
    const { code, exitCode, signal } = await server;
    const missing = code === "ENOENT" ? `java was not found: ${howToGet.java}` : "";
    reject(new Error(missing || `ElasticMQ ended with ${exitCode ?? signal}:\n${output}`));
  };
  void failAtEnd();
  const timer = setTimeout(() => {
    reject(new Error(`ElasticMQ does not listen after ${START_TIMEOUT_MS / 1000} s:\n${output}`));
    server.kill("SIGKILL");
  }, START_TIMEOUT_MS);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

async function requireInstalled(): Promise<void> {
  if (!(await isInstalled())) {
    throw new Error(
      `ElasticMQ is not in ${cacheDirectory}: run 'node infra/elasticmq.ts install' (it needs Maven)`,
    );
  }
}

async function isInstalled(): Promise<boolean> {
  const stamp = await readFile(join(cacheDirectory, STAMP), "utf8").catch(() => undefined); // unreadable is as good as absent
  return stamp === (await fingerprint());
}

async function fingerprint(): Promise<string> {
  return createHash("sha256")
    .update(await readFile(pomFile))
    .digest("hex");
}

async function run(command: string, commandArguments: readonly string[]): Promise<void> {
  try {
    await execa(command, commandArguments, { stdin: "ignore" });
  } catch (error) {
    if (error instanceof ExecaError && error.code === "ENOENT") {
      throw new Error(`${command} was not found: ${howToGet[command]}`, { cause: error });
    }
    const said = error instanceof ExecaError ? `${error.stdout}\n${error.stderr}`.trim() : "";
    throw new Error(`${command} failed:\n${said}`, { cause: error });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] !== "install" || process.argv.length !== 3) {
    process.stderr.write("usage: node infra/elasticmq.ts install\n");
    process.exitCode = 2;
  } else {
    try {
      const fetched = await installElasticMq();
      process.stdout.write(`ElasticMQ ${fetched ? "was put" : "is"} in ${cacheDirectory}\n`);
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    }
  }
}
