import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { access, constants, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { execa } from "execa";
import packageJson from "../../package.json" with { type: "json" };
import { steps } from "../../functions/registry.ts";
import { build } from "../../infra/build.ts";
import { archive, member, ovf } from "../shared/disk/archives.ts";
import { streamVmdk } from "../shared/disk/grains/stream-vmdk.ts";
import { temporaryDirectory } from "../fakes/temporary-directory.ts";

const directory = await temporaryDirectory({ after }); // far from node_modules: what is missing shows
const dist = join(directory, "dist");

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
