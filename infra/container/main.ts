import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { errorText } from "../../functions/shared/log/error-text.ts";
import { ensurePrograms } from "../prerequisites.ts";
import { installEngine, startEngine, type EngineEnv } from "./engine.ts";
import { rememberNetwork } from "./host-network.ts";
import { findLeftovers } from "./leftovers.ts";
import { provideCompose, provideElasticMqImage, provideNodeImage } from "./stand-ins.ts";

/*
 * The container tests, on a machine that may have no Docker and cannot pull images: node infra/container/main.ts [TEST FILE...]
 *
 * Starts an engine of its own, makes the images that the Dockerfile and infra/compose.yaml name, builds the Dockerfile as it
 * stands, runs test/container/, and ends everything that it has started, also when something fails.
 */
const startedAt = performance.now();
const stop = new AbortController();
// Not `once`: while a child of execa runs, a signal that nobody else listens to (any more) ends the process.
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => stop.abort(new Error(name)));
}
try {
  await testContainers();
} catch (error) {
  process.stderr.write(`[container] failed: ${errorText(error)}\n`);
  process.exitCode = 1;
}

async function testContainers(): Promise<void> {
  await installEngine();
  await ensurePrograms(["docker-compose"]);
  const directory = await mkdtemp(join(tmpdir(), "vmcatcher-one-engine-"));
  await chmod(directory, 0o711); // the hook of the tests runs as another user
  const restoreNetwork = await rememberNetwork();
  try {
    const engine = await startEngine(directory);
    try {
      tell("the engine runs");
      await prepare(engine.env);
      await runTests(process.argv.slice(2), {
        ...engine.env,
        TMPDIR: await temporaryIn(directory),
      });
    } finally {
      await engine.stop();
    }
  } finally {
    await restoreNetwork();
    await rm(directory, { recursive: true, force: true });
  }
  const leftovers = await findLeftovers(directory);
  if (leftovers.length > 0) {
    throw new Error(`left behind:\n${leftovers.join("\n")}`);
  }
  tell("the engine has ended; nothing is left behind");
}

/** What an interrupted test leaves behind goes with the rest. */
async function temporaryIn(directory: string): Promise<string> {
  const path = join(directory, "tmp");
  await mkdir(path, { mode: 0o711 });
  return path;
}

async function prepare(env: EngineEnv): Promise<void> {
  const base = await provideNodeImage(env);
  tell(`${base} is made`);
  await Promise.all([provideElasticMqImage(base, env), provideCompose(base, env)]);
  tell("ElasticMQ and compose are made");
  const build = { env, all: true, reject: false, cancelSignal: stop.signal } as const;
  const built = await execa("docker", ["build", "--tag=vmcatcher-one", "."], build);
  if (built.failed) {
    throw new Error(`the Dockerfile cannot be built:\n${built.all}`);
  }
  tell("the Dockerfile is built");
  const options = { env, stdout: "inherit" } as const;
  await execa("docker", ["image", "ls", "vmcatcher-one"], options);
  await execa(
    "docker",
    ["history", "--format={{.Size}}\t{{.CreatedBy}}", "vmcatcher-one"],
    options,
  );
}

async function runTests(files: readonly string[], env: EngineEnv): Promise<void> {
  const chosen = files.length > 0 ? files : ["test/container/*.test.ts"];
  const options = ["--test", "--test-concurrency=1", "--test-force-exit", "--test-reporter=spec"];
  const tests = await execa("node", [...options, ...chosen], {
    env,
    stdio: "inherit",
    reject: false,
    cancelSignal: stop.signal,
    forceKillAfterDelay: 60_000, // its tests take their containers down
  });
  if (tests.failed) {
    throw new Error(`the tests ended with ${tests.exitCode ?? tests.signal}`);
  }
  tell("the tests have passed");
}

function tell(what: string): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0).padStart(4);
  process.stdout.write(`[container] ${seconds} s  ${what}\n`);
}
