import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { execa } from "execa";
import packageJson from "../../package.json" with { type: "json" };
import { docker, lines } from "./docker.ts";
import { listening } from "./listening.ts";
import { until } from "./work.ts";

const LOCKED = [
  "--rm",
  "--read-only",
  "--cap-drop=ALL",
  "--security-opt=no-new-privileges",
  "--network=none",
  "--tmpfs=/tmp:exec,mode=1777", // the demo's vmcatcher_image is a program in there,
];

describe("the image", { timeout: 120_000 }, () => {
  it("tells its version, and has it in its label", async () => {
    assert.equal(await docker("run", ...LOCKED, "vmcatcher-one", "--version"), packageJson.version);
    const label = '--format={{index .Config.Labels "org.opencontainers.image.version"}}';
    assert.equal(await docker("inspect", label, "vmcatcher-one"), packageJson.version);
  });

  it("plays the whole demo locked down, as a user that nobody knows", async () => {
    const story = await docker("run", ...LOCKED, "--user=12345:12345", "vmcatcher-one", "demo");
    assert.match(story, /All as told\.$/);
  });

  it("prints the hook as it is", async () => {
    const { stdout } = await execa("docker", ["run", ...LOCKED, "vmcatcher-one", "hook-script"], {
      stripFinalNewline: false,
    });
    assert.equal(stdout, await readFile("functions/enqueue-event/vmcatcher-hook", "utf8"));
  });

  it("is one layer with one user, without package managers and without programs that give rights", async () => {
    const [{ Config, RootFS }] = JSON.parse(await docker("inspect", "vmcatcher-one"));
    assert.equal(RootFS.Layers.length, 1);
    assert.equal(Config.User, "9869:9869");
    const found = await inside(
      "for name in npm npx yarn corepack apt-get perl qemu-nbd qemu-io; do command -v $name; done; find / -xdev -perm /6000 -type f",
    );
    assert.deepEqual(lines(found), []);
  });

  it("has the programs that the functions run", async () => {
    const programs = ["node", "qemu-img", "xz", "bzip2", "setpriv", "prlimit", "sh", "dd", "ln"];
    const found = await inside(`for name in ${programs.join(" ")}; do command -v $name; done`);
    assert.equal(lines(found).length, programs.length, found);
  });

  it("has an init that passes the signal on and reaps what is left without a parent", async () => {
    const settings = ["--env=VMCATCHER_ONE_HOME=/tmp/home", "--detach"];
    const id = await docker("run", ...LOCKED, ...settings, "vmcatcher-one");
    await until("it runs", async () => (await docker("logs", id)).includes('"started"'), 30);
    await docker("exec", id, "sh", "-c", "(sleep 0.1 &)");
    await until(
      "nothing is a zombie",
      async () => !/ Z /.test(await docker("exec", id, "sh", "-c", "cat /proc/[0-9]*/stat")),
      10,
    );
    assert.deepEqual(
      await listening(id),
      ["127.0.0.1:9464", "127.0.0.1:9465"],
      "health and metrics, and the page, on loopback only",
    );
    await docker("exec", id, "vmcatcher-one", "health");
    const ended = docker("wait", id);
    await docker("kill", "--signal=TERM", id);
    assert.equal(await ended, "0");
  });

  it("takes another owner by build arguments", async () => {
    const built = await docker(
      "build",
      "--quiet",
      "--build-arg=UID=4711",
      "--build-arg=GID=4712",
      ".",
    );
    const stated = ["stat", "--format=%u:%g %a", "/var/lib/vmcatcher-one"];
    assert.equal(
      await docker("run", ...LOCKED, "--entrypoint=", built, ...stated),
      "4711:4712 750",
    );
    assert.match(
      await docker("run", ...LOCKED, "--entrypoint=", built, "id"),
      /uid=4711.*gid=4712/,
    );
  });
});

function inside(script: string): Promise<string> {
  return docker(
    "run",
    ...LOCKED,
    "--user=0",
    "--entrypoint=sh",
    "vmcatcher-one",
    "-c",
    `${script}; true`,
  );
}
