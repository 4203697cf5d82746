import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { access, constants, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { execa } from "execa";
import * as z from "zod";
import packageJson from "../../package.json" with { type: "json" };
import { steps } from "../../functions/registry.ts";
import { build } from "../../infra/build.ts";
import { archive, member, ovf } from "../shared/disk/archives.ts";
import { streamVmdk } from "../shared/disk/grains/stream-vmdk.ts";
import { temporaryDirectory } from "../fakes/temporary-directory.ts";

const directory = await temporaryDirectory({ after }); // far from node_modules: what is missing shows
const dist = join(directory, "dist");

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LIST_LOADED = join(ROOT, "test/fixtures/list-loaded.ts");

const loadedSchema = z.object({ files: z.array(z.string()), internals: z.array(z.string()) });

/** What was bundled into a file. Packages that bring a source map of their own, as saxes does, do not show. */
async function sourcesOf(url: string): Promise<readonly string[]> {
  const map = await readFile(`${fileURLToPath(url)}.map`, "utf8");
  return z.object({ sources: z.array(z.string()) }).parse(JSON.parse(map)).sources;
}

describe("build", () => {
  before(async () => {
    await build(dist);
    await writeFile(join(dist, "left-over.js"), "");
    await build(dist);
  });

  it("leaves nothing of an earlier build", async () => {
    assert.equal((await readdir(dist)).includes("left-over.js"), false);
  });

  for (const name of Object.keys(steps)) {
    it(`makes ${name}.js, which exports a handler`, async () => {
      const bundle: unknown = await import(pathToFileURL(join(dist, `${name}.js`)).href);
      assert.ok(typeof bundle === "object" && bundle !== null && "handler" in bundle);
      assert.equal(typeof bundle.handler, "function");
    });
  }

  it("makes handlers that read the settings at the first event, and again at the next when they were wrong", async () => {
    const script = `
      const { handler } = await import(process.argv[1]);
      process.env.VMCATCHER_ONE_QUEUE = "nonsense";
      const first = await handler({ Records: [] }).catch((error) => error.name);
      process.env.VMCATCHER_ONE_QUEUE = "sqlite";
      console.log(JSON.stringify([first, await handler({ Records: [] })]));`;
    const url = pathToFileURL(join(dist, "register-image.js")).href;
    const { stdout, stderr } = await execa("node", ["--input-type=module", "--eval", script, url], {
      env: { VMCATCHER_ONE_HOME: directory },
    });
    assert.equal(stderr, "");
    assert.deepEqual(JSON.parse(stdout), ["ConfigError", { batchItemFailures: [] }]);
  });

  it("makes a command that runs by itself, tells its version and nothing else", async () => {
    const { stdout, stderr } = await execa(join(dist, "vmcatcher-one.js"), ["--version"]);
    assert.equal(stdout, packageJson.version);
    assert.equal(stderr, "");
  });

  it("makes a command that tells an older Node.js what it needs, and where that is", async () => {
    const oldNode = fileURLToPath(
      new URL("node_modules/node/bin/node", import.meta.resolve("old-node/package.json")),
    );
    const [, needed] = /^>=(\d+)$/.exec(packageJson.engines.node) ?? [];
    const sentence = new RegExp(
      `^vmcatcher-one: needs Node\\.js ${needed} or newer, and /\\S+ is 20\\.\\S+: get it from https://nodejs\\.org/\\S+$`,
    );
    for (const args of [["--version"], ["run"], ["status", "--help"]]) {
      const command = [join(dist, "vmcatcher-one.js"), ...args];
      const { exitCode, stdout, stderr } = await execa(oldNode, command, { reject: false });
      assert.match(stderr, sentence);
      assert.deepEqual([stdout, exitCode], ["", 2]);
    }
  });

  for (const { args, needs } of [
    { args: ["--version"], needs: ["commander"] },
    { args: ["--help"], needs: ["commander"] },
    { args: ["hook-script"], needs: ["commander"] },
    { args: ["status"], needs: ["commander", "sax", "xmlbuilder", "xmlrpc", "zod"] },
    { args: ["health", "--url", "http://127.0.0.1:1"], needs: ["commander", "zod"] },
  ]) {
    it(`makes a command that loads what it needs and no more: ${args[0]}`, async () => {
      const { stderr } = await execa(
        "node",
        ["--import", LIST_LOADED, join(dist, "vmcatcher-one.js"), ...args],
        { reject: false, env: { VMCATCHER_ONE_HOME: directory } },
      );
      const { files, internals } = loadedSchema.parse(JSON.parse(stderr));
      const sources = (await Promise.all(files.map(sourcesOf))).flat();
      const packages = sources.map((path) => /node_modules\/(@[^/]+\/)?[^/]+/.exec(path)?.[0]);
      assert.deepEqual(
        [...new Set(packages)].filter((name) => name !== undefined).toSorted(),
        needs.map((name) => `node_modules/${name}`),
      );
      assert.deepEqual(
        sources.filter((path) => path.startsWith("../test/")),
        [],
      );
      assert.deepEqual(
        internals.filter((name) => /undici|tls/.test(name)),
        [], // node:http, when it is imported, takes 80 ms to load
      );
    });
  }

  it("makes a command that finds its threads beside it", async () => {
    const grains = [...Array(1200).keys()].map((index) => ({
      index,
      content: Buffer.alloc(65_536, `grain ${index} `),
      level: index % 4 === 0 ? 0 : 1, // the file is large enough for a thread that makes digests
    }));
    const disk = streamVmdk({ capacitySectors: 1200 * 128, grains });
    const sha256 = createHash("sha256").update(disk).digest("hex");
    const references = `<File ovf:id="f" ovf:href="disk.vmdk"/>`;
    const disks = `<Disk ovf:diskId="d" ovf:fileRef="f" ovf:capacity="${1200 * 65_536}"/>`;
    const path = join(directory, "image.ova");
    const ova = (digest: string) =>
      archive(
        member("image.ovf", ovf(references, disks)),
        member("image.mf", `SHA256(disk.vmdk)= ${digest}\n`),
        member("disk.vmdk", disk),
      );
    const inspect = async () =>
      execa(join(dist, "vmcatcher-one.js"), ["inspect", path], { reject: false });
    await writeFile(path, ova(sha256));
    const { stdout, stderr } = await inspect();
    assert.equal(stderr, "");
    assert.match(stdout, /accepted/);
    await writeFile(path, ova("0".repeat(64)));
    assert.match((await inspect()).stdout, /manifest-mismatch/);
    disk.fill(0xee, disk.length / 2, disk.length / 2 + 512);
    await writeFile(path, ova(createHash("sha256").update(disk).digest("hex")));
    assert.match((await inspect()).stdout, /corrupt/);
  });

  it("has vmcatcher's hook beside it, executable and unchanged", async () => {
    const hook = join(dist, "vmcatcher-hook");
    await access(hook, constants.X_OK);
    const source = new URL("../../functions/enqueue-event/vmcatcher-hook", import.meta.url);
    assert.equal(await readFile(hook, "utf8"), await readFile(source, "utf8"));
  });
});
