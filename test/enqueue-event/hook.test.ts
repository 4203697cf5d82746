import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parseEntry } from "../../functions/shared/spool/entry.ts";
import { FIXTURES, IDENTIFIER, SHELLS, Sandbox } from "./hook-sandbox.ts";

for (const shell of SHELLS) {
  describe(`vmcatcher-hook under ${shell.name}`, { skip: shell.missing, concurrency: 2 }, () => {
    it("records an available image, pinned, and says nothing", async () => {
      await using sandbox = await Sandbox.create(shell);
      const { exitCode, stdout, stderr } = await sandbox.run();
      assert.deepEqual([exitCode, stdout, stderr], [0, "", ""]);
      const [name = ""] = await sandbox.entries();
      assert.match(name, /^\d{10}\.\d{9}-\d{7}$/);
      const records = await sandbox.records();
      const pin = join(sandbox.home, "staging", `pin-${name}`);
      assert.equal(records.get("VMCATCHER_EVENT_DC_IDENTIFIER"), IDENTIFIER);
      assert.equal(records.get("VMCATCHER_ONE_HOOK_PIN"), pin);
      assert.equal(records.get("VMCATCHER_ONE_HOOK_SOURCE"), join(sandbox.cache, IDENTIFIER));
      assert.equal(records.get("VMCATCHER_ONE_HOOK_TIME"), name.slice(0, name.indexOf("-")));
      assert.equal((await stat(pin)).ino, (await stat(join(sandbox.cache, IDENTIFIER))).ino);
      assert.deepEqual(await sandbox.list("spool/tmp"), []);
    });

    it("names entries in the order of events", async () => {
      await using sandbox = await Sandbox.create(shell);
      for (const title of ["first", "second", "third"]) {
        await sandbox.run({ VMCATCHER_EVENT_DC_TITLE: title });
      }
      const titles = (await sandbox.entries()).map(async (name) => {
        const entry = parseEntry(await readFile(join(sandbox.home, "spool/new", name)));
        return entry.variables.get("VMCATCHER_EVENT_DC_TITLE");
      });
      assert.deepEqual(await Promise.all(titles), ["first", "second", "third"]);
    });

    it("E9: keeps every byte of a value, UTF-8 or not", async () => {
      await using sandbox = await Sandbox.create(shell);
      const { exitCode } = await sandbox.run({}, [join(FIXTURES, "with-bytes")]);
      assert.equal(exitCode, 0);
      const wanted = Buffer.concat([
        Buffer.from("VMCATCHER_EVENT_DC_DESCRIPTION=café "),
        Buffer.from([0xff, 0x80, 0x20, 0x01, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88]),
        Buffer.from(" \"q\" 's' \\ $(touch pwned) `id` %s\n\texport VMCATCHER_EVENT_FAKE=1.\0"),
      ]);
      assert.ok((await sandbox.bytes()).includes(wanted));
      assert.ok(!(await sandbox.records()).has("VMCATCHER_EVENT_FAKE"));
    });

    it("E8: takes hostile identifiers and titles as text", async () => {
      await using sandbox = await Sandbox.create(shell);
      const identifier = "'; touch pwned; '$(touch pwned)`touch pwned`\"";
      await writeFile(join(sandbox.cache, identifier), "an image");
      const title =
        "\n  *  ?? \\n \\\\ %d\t\"\nVMCATCHER_EVENT_FAKE=x\nexport VMCATCHER_EVENT_FAKE='x'";
      await sandbox.run({
        VMCATCHER_EVENT_DC_IDENTIFIER: identifier,
        VMCATCHER_EVENT_FILENAME: identifier,
        VMCATCHER_EVENT_DC_TITLE: title,
      });
      const records = await sandbox.records();
      assert.equal(records.get("VMCATCHER_EVENT_DC_IDENTIFIER"), identifier);
      assert.equal(records.get("VMCATCHER_EVENT_DC_TITLE"), title);
      assert.ok(records.has("VMCATCHER_ONE_HOOK_PIN"));
      assert.ok(!records.has("VMCATCHER_EVENT_FAKE"));
      await assert.rejects(stat(join(sandbox.directory, "pwned")));
    });

    it("V1: records the VO, and vmcatcher's settings, but no other variable", async () => {
      await using sandbox = await Sandbox.create(shell);
      await sandbox.run({
        VMCATCHER_EVENT_VO: "fedcloud.egi.eu",
        VMCATCHER_RDBMS: "sqlite:///x",
        AWS_SECRET_ACCESS_KEY: "hush",
      });
      const records = await sandbox.records();
      assert.equal(records.get("VMCATCHER_EVENT_VO"), "fedcloud.egi.eu");
      assert.equal(records.get("VMCATCHER_RDBMS"), "sqlite:///x");
      assert.deepEqual(
        [...records.keys()].filter((name) => !name.startsWith("VMCATCHER_")),
        [],
      );
      assert.ok(!(await sandbox.bytes()).includes("hush"));
    });

    it("does not take VMCATCHER_ONE_HOOK_* of the environment for its own", async () => {
      await using sandbox = await Sandbox.create(shell);
      await sandbox.run({
        VMCATCHER_EVENT_FILENAME: "..",
        VMCATCHER_ONE_HOOK_PIN: "/etc/shadow",
        VMCATCHER_ONE_HOOK_SOURCE: "/etc/shadow",
        VMCATCHER_ONE_HOOK_SUBSCRIPTION: "gone",
      });
      assert.ok(!(await sandbox.bytes()).includes("/etc/shadow"));
      assert.equal(await sandbox.subscription(), undefined);
    });

    it("works with nothing in the environment but the event, PATH not even set", async () => {
      await using sandbox = await Sandbox.create(shell);
      const { exitCode, stderr } = await sandbox.run({ PATH: undefined });
      assert.deepEqual([exitCode, stderr], [0, ""]);
      assert.ok((await sandbox.records()).has("VMCATCHER_ONE_HOOK_PIN"));
    });

    for (const type of [
      "ProcessPrefix",
      "ProcessPostfix",
      "AvailablePrefix",
      "ExpirePrefix",
      "SubscriptionImageNew",
      "ImageNew",
    ]) {
      it(`leaves nothing of ${type}`, async () => {
        await using sandbox = await Sandbox.create(shell);
        const { exitCode, stderr } = await sandbox.run({ VMCATCHER_EVENT_TYPE: type });
        assert.deepEqual([exitCode, stderr], [0, ""]);
        await assert.rejects(stat(sandbox.home));
      });
    }

    it("records an event that it does not know, for enqueue-event to report", async () => {
      await using sandbox = await Sandbox.create(shell);
      assert.equal((await sandbox.run({ VMCATCHER_EVENT_TYPE: "Surprise" })).exitCode, 0);
      assert.equal((await sandbox.records()).get("VMCATCHER_EVENT_TYPE"), "Surprise");
      assert.deepEqual(await sandbox.list("staging"), []);
    });

    for (const type of [undefined, ""]) {
      it(`tells how it is meant to be called when the type is ${type === undefined ? "missing" : "empty"}`, async () => {
        await using sandbox = await Sandbox.create(shell);
        const { exitCode, stderr } = await sandbox.run({ VMCATCHER_EVENT_TYPE: type });
        assert.equal(exitCode, 2);
        assert.match(stderr, /^vmcatcher-hook: [^\n]*VMCATCHER_CACHE_EVENT[^\n]*$/);
      });
    }

    it("knows the time without nanoseconds", async () => {
      await using sandbox = await Sandbox.create(shell);
      await sandbox.run({ PATH: `${FIXTURES}old-date:${sandbox.applets}` });
      assert.match((await sandbox.entries())[0] ?? "", /^1700000000\.000000000-\d{7}$/);
      assert.equal(
        (await sandbox.records()).get("VMCATCHER_ONE_HOOK_TIME"),
        "1700000000.000000000",
      );
    });

    for (const directory of ["spool/new", "spool/tmp"]) {
      it(`never overwrites an entry of ${directory}`, async () => {
        await using sandbox = await Sandbox.create(shell);
        const { exitCode } = await sandbox.run(
          { PATH: `${FIXTURES}old-date:${sandbox.applets}:/usr/bin:/bin` },
          [join(FIXTURES, "with-taken-name"), join(sandbox.home, directory)],
        );
        assert.equal(exitCode, 0);
        const [taken = ""] = (await sandbox.list(directory)).filter((name) =>
          name.includes(".000000000-"),
        );
        assert.equal(await readFile(join(sandbox.home, directory, taken), "utf8"), "taken\n");
        const own = (await sandbox.entries()).filter((name) => name.includes(".000000001-"));
        assert.deepEqual(own, [taken.replace(".000000000-", ".000000001-")]);
        assert.deepEqual(
          (await sandbox.list("spool/tmp")).filter((name) => name !== taken),
          [],
        );
      });
    }

    it("keeps apart hooks that run at once", async () => {
      await using sandbox = await Sandbox.create(shell);
      await Promise.all(Array.from({ length: 8 }, () => sandbox.run()));
      assert.equal((await sandbox.entries()).length, 8);
      assert.equal((await sandbox.list("staging")).length, 8);
    });
  });
}
