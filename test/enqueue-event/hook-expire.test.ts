import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FIXTURES, IDENTIFIER, SHELLS, Sandbox, allEnd } from "./hook-sandbox.ts";

const LIST = "76fdee70-8119-5d33-9f40-3c57e1c60df1";
const OTHER = "0e2a5b7c-9d1f-5a3b-8c4d-6e7f8a9b0c1d";
const line = (identifier: string, bitmap: string | number, list = LIST) =>
  `${identifier}\\t${bitmap}\\t${list}\\n`;

for (const shell of SHELLS) {
  describe(
    `vmcatcher-hook under ${shell.name}, when an image expires`,
    { skip: shell.missing, concurrency: 4 },
    () => {
      const answers: readonly [string, string, string][] = [
        ["an image in state 3", line(IDENTIFIER, 3), "subscribed"],
        ["an image in state 2", line(IDENTIFIER, 2), "gone"],
        ["an image in state 1", line(IDENTIFIER, 1), "gone"],
        ["an image in state 0", line(IDENTIFIER, 0), "gone"],
        ["only other images", line(OTHER, 3), "gone"],
        [
          "E6: one image in two lists",
          line(IDENTIFIER, 1) + line(IDENTIFIER, 3, OTHER),
          "subscribed",
        ],
        [
          "E6: one image in two lists, the other way round",
          line(IDENTIFIER, 3) + line(IDENTIFIER, 1, OTHER),
          "subscribed",
        ],
        [
          "E6: an image in a list of the same identifier",
          line(OTHER, 3, IDENTIFIER) + line(IDENTIFIER, 3, IDENTIFIER),
          "subscribed",
        ],
        ["E6: another image in a list of this identifier", line(OTHER, 3, IDENTIFIER), "gone"],
        ["E6: an image whose identifier begins alike", line(`${IDENTIFIER}-2`, 3), "gone"],
        ["E6: an image whose identifier ends alike", line(`x${IDENTIFIER}`, 3), "gone"],
      ];
      for (const [what, stdout, subscription] of answers) {
        it(`${what} is ${subscription}`, async () => {
          await using sandbox = await Sandbox.create(shell);
          const result = await sandbox.expire({ FAKE_STDOUT: stdout });
          assert.deepEqual([result.exitCode, result.stdout, result.stderr], [0, "", ""]);
          assert.equal(await sandbox.subscription(), subscription);
          assert.deepEqual(await sandbox.list("spool/tmp"), []);
          assert.equal((await sandbox.logged("try")).length, 1);
        });
      }

      for (const bitmap of ["13", "30", "33", "x3", " 3", "3 "]) {
        it(`E6b: state '${bitmap}' is not 3, and no state at all`, async () => {
          await using sandbox = await Sandbox.create(shell);
          await sandbox.expire({ FAKE_STDOUT: line(IDENTIFIER, bitmap) });
          assert.equal(await sandbox.subscription(), "unknown");
        });
      }

      const garbage: readonly [string, string][] = [
        ["no line at all, as of a database that is lost or empty,", ""],
        ["a line of text", "Traceback (most recent call last):\\n"],
        ["a line without a list", `${OTHER}\\t3\\n`],
        ["a line with four columns", `${OTHER}\\t3\\t${LIST}\\tmore\\n`],
        ["an empty column", `${OTHER}\\t\\t${LIST}\\n`],
        ["an empty line", `${line(OTHER, 3)}\\n`],
        ["a last line that is cut off", `${line(OTHER, 3)}${OTHER}\\t3\\t76fd`],
      ];
      for (const [what, stdout] of garbage) {
        it(`${what} in the answer makes it unknown, not gone`, async () => {
          await using sandbox = await Sandbox.create(shell);
          await sandbox.expire({ FAKE_STDOUT: stdout });
          assert.equal(await sandbox.subscription(), "unknown");
          assert.equal((await sandbox.logged("try")).length, 3);
        });
      }

      it("sees the image among lines that are garbage", async () => {
        await using sandbox = await Sandbox.create(shell);
        await sandbox.expire({ FAKE_STDOUT: `DeprecationWarning\\n${line(IDENTIFIER, 3)}` });
        assert.equal(await sandbox.subscription(), "subscribed");
      });

      for (const [bitmap, subscription] of [
        [3, "subscribed"],
        [2, "gone"],
      ] as const) {
        it(`E2E-B, E4: a warning on stderr changes nothing: state ${bitmap} is ${subscription}`, async () => {
          await using sandbox = await Sandbox.create(shell);
          const { stderr } = await sandbox.expire({
            FAKE_STDOUT: line(IDENTIFIER, bitmap),
            FAKE_STDERR: "x.py:1: DeprecationWarning: the md5 module is deprecated\n",
          });
          assert.equal(stderr, "");
          assert.equal(await sandbox.subscription(), subscription);
        });
      }

      it("E2: a locked database is unknown, after three tries", async () => {
        await using sandbox = await Sandbox.create(shell);
        const { exitCode } = await sandbox.expire({
          FAKE_STDERR: "database is locked\n",
          FAKE_EXIT: "1",
        });
        assert.equal(exitCode, 0);
        assert.equal(await sandbox.subscription(), "unknown");
        assert.equal((await sandbox.logged("try")).length, 3);
      });

      it("E2: half an answer of a program that fails is unknown", async () => {
        await using sandbox = await Sandbox.create(shell);
        await sandbox.expire({ FAKE_STDOUT: line(OTHER, 3), FAKE_EXIT: "1" });
        assert.equal(await sandbox.subscription(), "unknown");
      });

      it("E3: a program that is not in PATH is unknown, and the event is recorded", async () => {
        await using sandbox = await Sandbox.create(shell);
        const { exitCode } = await sandbox.expire({ PATH: sandbox.applets });
        assert.equal(exitCode, 0);
        assert.equal(await sandbox.subscription(), "unknown");
      });

      it("finds the program by VMCATCHER_ONE_VMCATCHER_IMAGE", async () => {
        await using sandbox = await Sandbox.create(shell);
        await sandbox.expire({
          PATH: sandbox.applets,
          VMCATCHER_ONE_VMCATCHER_IMAGE: `${FIXTURES}bin/vmcatcher_image`,
          FAKE_STDOUT: line(IDENTIFIER, 3),
        });
        assert.equal(await sandbox.subscription(), "subscribed");
      });

      it("E7: knows ExpirePosfix, as vmcatcher before 0.2.1 wrote it", async () => {
        await using sandbox = await Sandbox.create(shell);
        await sandbox.expire({
          VMCATCHER_EVENT_TYPE: "ExpirePosfix",
          FAKE_STDOUT: line(IDENTIFIER, 3),
        });
        assert.equal(await sandbox.subscription(), "subscribed");
      });

      for (const identifier of [
        ".*",
        "*",
        "'; touch pwned;'",
        "$(touch pwned)",
        "a b",
        "-n",
        "(",
        "\\\\t",
      ]) {
        it(`E8: compares the identifier ${identifier} as text`, async () => {
          await using sandbox = await Sandbox.create(shell);
          await sandbox.expire({
            VMCATCHER_EVENT_DC_IDENTIFIER: identifier,
            FAKE_STDOUT: line(OTHER, 3),
          });
          assert.equal(await sandbox.subscription(), "gone");
          await using same = await Sandbox.create(shell);
          const escaped = identifier.replaceAll("\\", "\\\\");
          await same.expire({
            VMCATCHER_EVENT_DC_IDENTIFIER: identifier,
            FAKE_STDOUT: line(escaped, 3),
          });
          assert.equal(await same.subscription(), "subscribed");
        });
      }

      it("stops a program that hangs, with what it has started", async () => {
        await using sandbox = await Sandbox.create(shell);
        const { exitCode } = await sandbox.expire({
          FAKE_SLEEP: "600",
          VMCATCHER_ONE_VMCATCHER_IMAGE_SECONDS: "0.2",
        });
        assert.equal(exitCode, 0);
        assert.equal(await sandbox.subscription(), "unknown");
        const tries = await sandbox.logged("try");
        const children = await sandbox.logged("child");
        assert.deepEqual([tries.length, children.length], [3, 3]);
        await allEnd([...tries, ...children]);
      });

      it("is not held up by a child that the program leaves behind, and ends it", async () => {
        await using sandbox = await Sandbox.create(shell);
        const begun = performance.now();
        await sandbox.expire({ FAKE_STDOUT: line(IDENTIFIER, 3), FAKE_BACKGROUND: "600" });
        assert.ok(performance.now() - begun < 5000);
        assert.equal(await sandbox.subscription(), "subscribed");
        const children = await sandbox.logged("child");
        assert.equal(children.length, 1);
        await allEnd(children);
      });

      it("waits for a slow program", async () => {
        await using sandbox = await Sandbox.create(shell);
        await sandbox.expire({ FAKE_STDOUT: line(IDENTIFIER, 3), FAKE_SLEEP: "0.3" });
        assert.equal(await sandbox.subscription(), "subscribed");
      });

      it("takes the usual time limit when the setting is no number", async () => {
        await using sandbox = await Sandbox.create(shell);
        await sandbox.expire({
          FAKE_STDOUT: line(IDENTIFIER, 3),
          VMCATCHER_ONE_VMCATCHER_IMAGE_SECONDS: "nonsense",
        });
        assert.equal(await sandbox.subscription(), "subscribed");
      });

      it("an event without an identifier is recorded as unknown", async () => {
        await using sandbox = await Sandbox.create(shell);
        const { exitCode } = await sandbox.expire({
          VMCATCHER_EVENT_DC_IDENTIFIER: undefined,
          FAKE_STDOUT: "\\t3\\tx\\n",
        });
        assert.equal(exitCode, 0);
        assert.equal(await sandbox.subscription(), "unknown");
      });
    },
  );
}
