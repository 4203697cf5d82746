import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { execa } from "execa";
import { installElasticMq } from "../elasticmq.ts";
import { ensurePrograms } from "../prerequisites.ts";
import type { EngineEnv } from "./engine.ts";

/*
 * Images that the Dockerfile and infra/compose.yaml name, made from what a machine without a container registry can get: Debian's
 * archive, npm and Maven Central. Each is kept under .cache/ as an archive, by the contents of what it is made from.
 */

/** Gives the engine an image under the tag of Node's own: Debian, Node and npm. @returns the tag */
export async function provideNodeImage(env: EngineEnv): Promise<string> {
  const tag = await tagIn("Dockerfile", /^ARG NODE_IMAGE=(\S+)$/m);
  const version = (await execa("node", ["--version"])).stdout.slice(1);
  if (tag !== `node:${version}-${SUITE}-slim`) {
    throw new Error(`the Dockerfile wants ${tag}, and package.json brings Node ${version}`);
  }
  const trusted = existsSync(CA_ON_HOST) ? await contentOf(CA_ON_HOST) : "";
  const recipe = await contentOf(import.meta.filename);
  const archive = await cached("node", [tag, recipe, trusted], makeNodeRoot);
  const settings = [
    "--change",
    `ENV NODE_EXTRA_CA_CERTS=${CA_IN_IMAGE}`,
    "--change",
    `CMD ["node"]`,
  ];
  await execa("docker", ["import", ...settings, archive, tag], { env });
  return tag;
}

/** Gives the engine an image under the tag of ElasticMQ's own. @param base a Debian */
export async function provideElasticMqImage(base: string, env: EngineEnv): Promise<void> {
  const tag = await tagIn("infra/compose.yaml", /^ +image: \$\{ELASTICMQ_IMAGE:-(\S+)\}$/m);
  await installElasticMq();
  const recipe = join(import.meta.dirname, "elasticmq.Dockerfile");
  const jars = join(ROOT, ".cache", "elasticmq");
  const inputs = [tag, await contentOf(recipe), ...(await readdir(jars)).toSorted()];
  const archive = await cached("elasticmq", inputs, async (unfinished) => {
    await execa(
      "docker",
      ["build", "--quiet", `--file=${recipe}`, `--build-arg=BASE=${base}`, `--tag=${tag}`, jars],
      { env },
    );
    await execa("docker", ["save", `--output=${unfinished}`, tag], { env });
  });
  await execa("docker", ["load", "--quiet", `--input=${archive}`], { env });
}

/**
 * Puts Docker's plugin `compose` into its configuration, out of Debian's package: the older distributions have docker-compose 1.29 only.
 * @param base a Debian
 */
export async function provideCompose(base: string, env: EngineEnv): Promise<void> {
  const inputs = [base, await contentOf(import.meta.filename)];
  const plugin = await cached("compose", inputs, async (unfinished) => {
    const name = basename(unfinished);
    const unpack = `cd /tmp && apt-get update -qq && apt-get download -qq docker-compose && dpkg-deb -x docker-compose_*.deb . \
      && cp usr/libexec/docker/cli-plugins/docker-compose /cache/${name}`;
    const mount = `--volume=${dirname(unfinished)}:/cache`;
    await execa("docker", ["run", "--rm", mount, base, "sh", "-c", unpack], { env });
  });
  const directory = join(env.DOCKER_CONFIG, "cli-plugins");
  await mkdir(directory, { recursive: true });
  await cp(plugin, join(directory, "docker-compose"));
}

const ROOT = join(import.meta.dirname, "..", "..");
const SUITE = "trixie";
const NPM = "npm@11.19.1"; // what comes with this Node
const CA_ON_HOST = "/etc/ssl/certs/ca-certificates.crt"; // with what the host trusts beside the public authorities
const CA_IN_IMAGE = "/usr/local/share/ca-certificates.crt";

async function makeNodeRoot(unfinished: string): Promise<void> {
  await ensurePrograms(["debootstrap"]);
  const root = await mkdtemp(join(tmpdir(), "vmcatcher-one-root-"));
  try {
    await execa("debootstrap", ["--variant=minbase", SUITE, root, "http://deb.debian.org/debian"]);
    await cp(await realNode(), join(root, "usr/local/bin/node"));
    await execa("npm", ["install", "--silent", "--global", `--prefix=${root}/usr/local`, NPM]);
    if (existsSync(CA_ON_HOST)) {
      await cp(CA_ON_HOST, join(root, CA_IN_IMAGE), { dereference: true });
    }
    for (const path of SLIMMED_AWAY) {
      await rm(join(root, path), { recursive: true, force: true });
    }
    await execa("tar", [
      "--create",
      `--file=${unfinished}`,
      "--numeric-owner",
      `--directory=${root}`,
      ".",
    ]);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** What Debian's slim images leave out. */
const SLIMMED_AWAY = ["doc", "man", "info", "locale", "lintian", "groff"]
  .map((name) => `usr/share/${name}`)
  .concat("var/cache/apt/archives", "var/lib/apt/lists", "debootstrap");

/** The program itself: what npm puts in PATH may be a link or a script. */
async function realNode(): Promise<string> {
  return (await execa("node", ["--print", "process.execPath"])).stdout;
}

/** @returns a file that `make` has written, now or before from the same inputs; the older ones are removed */
async function cached(
  name: string,
  inputs: readonly string[],
  make: (unfinished: string) => Promise<void>,
): Promise<string> {
  const directory = join(ROOT, ".cache", "container");
  const key = createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 16);
  const file = join(directory, `${name}-${key}.tar`);
  if (!existsSync(file)) {
    await mkdir(directory, { recursive: true });
    const older = (await readdir(directory)).filter((other) => other.startsWith(`${name}-`));
    await Promise.all(older.map((other) => rm(join(directory, other))));
    await make(`${file}.unfinished`);
    await rename(`${file}.unfinished`, file);
  }
  return file;
}

async function tagIn(path: string, pattern: RegExp): Promise<string> {
  const tag = pattern.exec(await contentOf(join(ROOT, path)))?.[1];
  if (tag === undefined) {
    throw new Error(`${path} names no image as ${pattern} expects`);
  }
  return tag;
}

function contentOf(path: string): Promise<string> {
  return readFile(path, "utf8");
}
