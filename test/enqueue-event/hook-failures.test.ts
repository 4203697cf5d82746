import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, it } from "node:test";
import { execa } from "execa";
import { FIXTURES, IDENTIFIER, SHELLS, Sandbox, allEnd, isRunning } from "./hook-sandbox.ts";

const isRoot = process.getuid?.() === 0;
/** Root may write anywhere: run as somebody who may not. */
const AS_NOBODY = isRoot
  ? ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
  : [];

for (const shell of SHELLS) {
  describe(
    `vmcatcher-hook under ${shell.name}, when it cannot do its work`,
    { skip: shell.missing, concurrency: 4 },
    () => {
      for (const directory of ["", "home", "home/spool/tmp", "home/spool/new"]) {
        it(`says in one line that the event is not recorded: no right to write /${directory}`, async () => {
          await using sandbox = await Sandbox.create(shell);
          for (const name of ["spool/tmp", "spool/new", "staging"].filter(() =>
            directory.includes("spool"),
          )) {
            await mkdir(join(sandbox.home, name), { recursive: true });
            await chmod(join(sandbox.home, name), 0o777);
          }
          await mkdir(join(sandbox.directory, directory), { recursive: true });
          await chmod(join(sandbox.directory, directory), 0o555);
          const { exitCode, stderr } = await sandbox.run({}, AS_NOBODY);
          assert.equal(exitCode, 1);
          assert.match(stderr, notRecorded("Permission denied"));
          assert.deepEqual(
            [await sandbox.list("spool/new"), await sandbox.list("staging")],
            [[], []],
          );
          assert.deepEqual(await sandbox.list("spool/tmp"), []);
          await chmod(join(sandbox.directory, directory), 0o755);
        });
      }

      it("says that it is not recorded when the home's place is taken by a file", async () => {
        await using sandbox = await Sandbox.create(shell);
        await writeFile(sandbox.home, "");
        const { exitCode, stderr } = await sandbox.run();
        assert.equal(exitCode, 1);
        assert.match(stderr, notRecorded(""));
      });

      it("wants an absolute home", async () => {
        await using sandbox = await Sandbox.create(shell);
        const { exitCode, stderr } = await sandbox.run({ VMCATCHER_ONE_HOME: "home" });
        assert.equal(exitCode, 1);
        assert.match(
          stderr,
          notRecorded("VMCATCHER_ONE_HOME is 'home', but must be an absolute path"),
        );
      });

      it("says that it is not recorded when files may not grow, and removes the pin", async () => {
        await using sandbox = await Sandbox.create(shell);
        const { exitCode, stderr } = await sandbox.run({}, ["/usr/bin/prlimit", "--fsize=0"]);
        assert.equal(exitCode, 1);
        assert.match(stderr, notRecorded("cannot write"));
        await assertNothingLeft(sandbox);
      });

      const fullDisk = isRoot ? false : "only root can mount a small file system";
      it(
        "says that it is not recorded when the disk is full, and removes what it made",
        { skip: fullDisk },
        async () => {
          await using sandbox = await Sandbox.create(shell);
          await using _mounted = await smallFileSystem(sandbox.home);
          const { exitCode, stderr } = await sandbox.run({
            VMCATCHER_EVENT_DC_DESCRIPTION: "x".repeat(100_000),
          });
          assert.equal(exitCode, 1);
          assert.match(stderr, notRecorded("No space left on device"));
          await assertNothingLeft(sandbox);
          assert.equal(
            (await sandbox.run()).exitCode,
            0,
            "a smaller event has room, so the cleaning worked",
          );
        },
      );

      it("says that it is not recorded when the data cannot be made durable", async () => {
        await using sandbox = await Sandbox.create(shell);
        const { exitCode, stderr } = await sandbox.run({
          PATH: `${FIXTURES}broken-dd:${sandbox.applets}`,
        });
        assert.equal(exitCode, 1);
        assert.match(stderr, notRecorded("Input/output error"));
        await assertNothingLeft(sandbox);
      });

      it("pins the image before the entry can be seen, and removes the pin when it cannot", async () => {
        await using sandbox = await Sandbox.create(shell);
        const { exitCode, stderr } = await sandbox.run({
          PATH: `${FIXTURES}broken-mv:${sandbox.applets}`,
        });
        assert.equal(exitCode, 1);
        assert.match(stderr, /while staging has pin-\d+\.\d+-\d+$/);
        await assertNothingLeft(sandbox);
      });

      it("works for another user, and lets nobody else read", async () => {
        await using sandbox = await Sandbox.create(shell);
        await mkdir(sandbox.home);
        await chmod(sandbox.home, 0o777);
        await chmod(join(sandbox.cache, IDENTIFIER), 0o666); // the kernel lets users link only what they could write
        const { exitCode, stderr } = await sandbox.run({}, AS_NOBODY);
        assert.deepEqual([exitCode, stderr], [0, ""]);
        const [name = ""] = await sandbox.entries();
        for (const path of ["spool", "spool/new", "spool/tmp", "staging", `spool/new/${name}`]) {
          assert.equal((await stat(join(sandbox.home, path))).mode & 0o007, 0, path);
        }
        assert.equal((await stat(join(sandbox.home, "spool/new", name))).mode & 0o600, 0o600);
      });

      it("lets the group read when the umask lets it", async () => {
        await using sandbox = await Sandbox.create(shell);
        await sandbox.run({}, ["/bin/sh", "-c", 'umask 002; exec "$@"', "sh"]);
        const [name = ""] = await sandbox.entries();
        assert.equal((await stat(join(sandbox.home, "spool/new", name))).mode & 0o777, 0o660);
        assert.equal((await stat(join(sandbox.home, "spool/new"))).mode & 0o777, 0o770);
      });

      it("prints hostile names as one line", async () => {
        await using sandbox = await Sandbox.create(shell);
        const { stderr } = await sandbox.run({
          VMCATCHER_EVENT_DC_IDENTIFIER: "a\nERROR all is lost\u001b[2J",
          VMCATCHER_EVENT_FILENAME: "..",
        });
        assert.match(
          stderr,
          /^vmcatcher-hook: AvailablePostfix of a\?ERROR all is lost\?\[2J is recorded, but [ -~]+$/,
        );
      });

      it("finishes its work when vmcatcher is told to stop", async () => {
        await using sandbox = await Sandbox.create(shell);
        const hook = hang(sandbox, "0.2");
        const exited = once(hook, "exit");
        await tried(sandbox);
        for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
          hook.kill(signal);
        }
        assert.deepEqual(await exited, [0, null]);
        assert.equal(await sandbox.subscription(), "unknown");
      });

      it("holds vmcatcher's pipes no longer than it lives, whatever it has started", async () => {
        await using sandbox = await Sandbox.create(shell);
        const hook = hang(sandbox, "0.8");
        const closed = once(hook, "close"); // both pipes have ended
        await tried(sandbox);
        const begun = performance.now();
        hook.kill("SIGKILL");
        await closed;
        assert.ok(performance.now() - begun < 1000);
        const [program = 0] = await sandbox.logged("try");
        assert.ok(await isRunning(program), "the program still hangs");
        await allEnd([program, ...(await sandbox.logged("child"))]); // the time limit outlives the hook
      });
    },
  );
}

function notRecorded(reason: string): RegExp {
  return new RegExp(
    `^vmcatcher-hook: AvailablePostfix of ${IDENTIFIER} is NOT recorded: [^\\n]*${reason}[^\\n]*$`,
  );
}

async function assertNothingLeft(sandbox: Sandbox): Promise<void> {
  const directories = ["spool/new", "spool/tmp", "staging"].map((name) => sandbox.list(name));
  assert.deepEqual(await Promise.all(directories), [[], [], []]);
}

async function smallFileSystem(directory: string): Promise<AsyncDisposable> {
  await mkdir(directory);
  await execa("mount", ["-t", "tmpfs", "-o", "size=16k", "tmpfs", directory]);
  return { [Symbol.asyncDispose]: async () => void (await execa("umount", [directory])) };
}

/** Starts the hook with pipes and a vmcatcher_image that does not answer. */
function hang(sandbox: Sandbox, tryForSeconds: string) {
  const [file = "", ...args] = sandbox.command;
  return spawn(file, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: sandbox.environment({
      PATH: `${FIXTURES}bin:${FIXTURES}quick-sleep:${sandbox.applets}`,
      VMCATCHER_EVENT_TYPE: "ExpirePostfix",
      VMCATCHER_ONE_VMCATCHER_IMAGE_SECONDS: tryForSeconds,
      FAKE_SLEEP: "600",
    }),
  });
}

async function tried(sandbox: Sandbox): Promise<void> {
  await until(async () => (await readFile(sandbox.log, "utf8").catch(() => "")).includes("child"));
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) {
    await sleep(10);
  }
}
