import assert from "node:assert/strict";
import { mkdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { execa } from "execa";
import { IDENTIFIER, SHELLS, Sandbox } from "./hook-sandbox.ts";

for (const shell of SHELLS) {
  describe(
    `vmcatcher-hook under ${shell.name}, when it pins an image`,
    { skip: shell.missing, concurrency: 2 },
    () => {
      it("keeps the pinned version when vmcatcher replaces the file", async () => {
        await using sandbox = await Sandbox.create(shell);
        await sandbox.run();
        await rm(join(sandbox.cache, IDENTIFIER));
        await writeFile(join(sandbox.cache, IDENTIFIER), "the next version");
        const pin = (await sandbox.records()).get("VMCATCHER_ONE_HOOK_PIN") ?? "";
        assert.equal(await readFile(pin, "utf8"), "an image");
      });

      it("falls back to the identifier when vmcatcher names no file", async () => {
        await using sandbox = await Sandbox.create(shell);
        await sandbox.run({ VMCATCHER_EVENT_FILENAME: undefined });
        assert.equal(
          (await sandbox.records()).get("VMCATCHER_ONE_HOOK_SOURCE"),
          join(sandbox.cache, IDENTIFIER),
        );
      });

      it("makes a relative cache directory absolute", async () => {
        await using sandbox = await Sandbox.create(shell);
        await sandbox.run({ VMCATCHER_CACHE_DIR_CACHE: "cache" });
        assert.equal(
          (await sandbox.records()).get("VMCATCHER_ONE_HOOK_SOURCE"),
          join(sandbox.cache, IDENTIFIER),
        );
      });

      const unpinned: readonly [string, string, (path: string) => Promise<unknown>][] = [
        ["a symbolic link", "not a regular file", async (path) => symlink("/etc/passwd", path)],
        ["a named pipe", "not a regular file", async (path) => execa("mkfifo", [path])],
        ["a directory", "", async (path) => mkdir(path)],
        ["a file that is gone", "No such file", async () => undefined],
      ];
      for (const [what, reason, make] of unpinned) {
        it(`records ${what} without a pin, and says so in one line`, async () => {
          await using sandbox = await Sandbox.create(shell);
          const path = join(sandbox.cache, "other");
          await make(path);
          const { exitCode, stderr } = await sandbox.run({ VMCATCHER_EVENT_FILENAME: "other" });
          assert.equal(exitCode, 0);
          assert.match(
            stderr,
            /^vmcatcher-hook: AvailablePostfix of \S+ is recorded, but the image is not pinned [^\n]+$/,
          );
          const records = await sandbox.records();
          assert.equal(records.get("VMCATCHER_ONE_HOOK_SOURCE"), path);
          assert.ok(!records.has("VMCATCHER_ONE_HOOK_PIN"));
          assert.match(records.get("VMCATCHER_ONE_HOOK_PIN_ERROR") ?? "", new RegExp(reason));
          assert.deepEqual(await sandbox.list("staging"), []);
        });
      }

      it("records the path alone when the cache is on another file system", async () => {
        await using sandbox = await Sandbox.create(shell);
        await using elsewhere = await otherFileSystem(sandbox.directory);
        await writeFile(join(elsewhere.directory, IDENTIFIER), "an image");
        const { exitCode, stderr } = await sandbox.run({
          VMCATCHER_CACHE_DIR_CACHE: elsewhere.directory,
        });
        assert.equal(exitCode, 0);
        assert.match(stderr, /not pinned .*link/);
        assert.equal(
          (await sandbox.records()).get("VMCATCHER_ONE_HOOK_SOURCE"),
          join(elsewhere.directory, IDENTIFIER),
        );
        assert.deepEqual(await sandbox.list("staging"), []);
      });

      for (const filename of ["..", ".", "../evil", "/etc/passwd", "a/b"]) {
        it(`does not follow the file name ${filename}`, async () => {
          await using sandbox = await Sandbox.create(shell);
          await writeFile(join(sandbox.directory, "evil"), "not vmcatcher's");
          const { exitCode } = await sandbox.run({ VMCATCHER_EVENT_FILENAME: filename });
          const records = await sandbox.records();
          assert.equal(exitCode, 0);
          assert.ok(
            !records.has("VMCATCHER_ONE_HOOK_PIN") && !records.has("VMCATCHER_ONE_HOOK_SOURCE"),
          );
          assert.match(records.get("VMCATCHER_ONE_HOOK_PIN_ERROR") ?? "", /not the name of a file/);
          assert.deepEqual(await sandbox.list("staging"), []);
        });
      }
    },
  );
}

/** A directory on another file system than `path`. */
async function otherFileSystem(path: string): Promise<{ directory: string } & AsyncDisposable> {
  const directory = (await execa("mktemp", ["-d", "/dev/shm/vmcatcher-hook-XXXXXX"])).stdout;
  assert.notEqual(
    (await stat(directory)).dev,
    (await stat(path)).dev,
    "needs /dev/shm on a file system of its own",
  );
  return {
    directory,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
