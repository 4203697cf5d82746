import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as z from "zod";
import { createSite, type Site } from "../fakes/site.ts";
import { runCommand, runProcess, type RunningFunctions } from "./processes.ts";

const IDENTIFIER = "de355bfb-5781-5b0c-9ccd-9bd3d0d2be06";

const lettersSchema = z.array(
  z.object({
    messageId: z.string(),
    function: z.string(),
    group: z.string(),
    reason: z.object({ code: z.string() }),
  }),
);

describe("what an operator sees of an image that is refused", () => {
  let site: Site;
  let functions: RunningFunctions;
  before(async () => {
    site = await createSite();
    functions = runProcess([], site.env);
    const file = join(site.directory, "broken.qcow2");
    await writeFile(file, "this is no disk image");
    const listed = { identifier: IDENTIFIER, file, title: "broken", version: "1", format: "qcow2" };
    await site.vmcatcher.endorse(listed);
    await site.vmcatcher.run();
  });
  after(async () => {
    await functions.stop();
    await site.close();
  });

  const cli = (...args: string[]) => runCommand(site.env, ...args);
  const untilDead = async () => {
    for (let round = 0; round < 200; round++) {
      const { stdout } = await cli("dead-letters", "--json");
      const [letter] = lettersSchema.parse(JSON.parse(stdout));
      if (letter !== undefined) {
        return letter;
      }
    }
    return assert.fail("no dead letter came");
  };

  it("dead-letters tells the function, the identifier and the reason, and replay sends it back", async () => {
    const letter = await untilDead();
    assert.equal(letter.function, "convert-image");
    assert.equal(letter.group, IDENTIFIER);
    assert.equal(letter.reason.code, "format-mismatch");
    assert.match((await cli("dead-letters")).stdout, /format-mismatch: /);

    const status = await cli("status");
    assert.equal(status.exitCode, 0);
    assert.match(status.stdout, /convert-image +0 +0 +1\n/);
    assert.match(status.stdout, new RegExp(`DEAD LETTERS\\n.*\\n.*${IDENTIFIER}`));

    const replayed = await cli("replay", letter.messageId);
    assert.deepEqual([replayed.stdout, replayed.exitCode], ["1 replayed", 0]);
    const again = await untilDead();
    assert.notEqual(again.messageId, letter.messageId);
  });

  it("an unknown dead letter is told", async () => {
    const { exitCode, stderr } = await cli("replay", "no-such-message");
    assert.equal(exitCode, 1);
    assert.match(stderr, /no dead letter no-such-message/);
  });

  it("status shows what it can when OpenNebula is away, and says so", async () => {
    site.simulator.refuseConnections();
    const { exitCode, stdout } = await cli("status");
    await site.simulator.start();
    assert.equal(exitCode, 1);
    assert.match(stdout, /IMAGES\n +not available: .*ECONNREFUSED/);
    assert.match(stdout, /QUEUES\n/);
  });

  it("a bad event is set aside with its reason, which status shows", async () => {
    const spool = join(site.config.spoolDirectory, "new");
    await mkdir(spool, { recursive: true });
    await writeFile(join(spool, "1795339616.000000000-0000001"), "nonsense");
    for (let round = 0; ; round++) {
      const { stdout } = await cli("status");
      if (/0 waiting, 1 bad/.test(stdout)) {
        assert.match(stdout, /1795339616\.000000000-0000001 +\S+/);
        return;
      }
      assert.ok(round < 100, stdout);
    }
  });
});

describe("the command line", () => {
  const cli = (args: readonly string[], env: Record<string, string> = {}) =>
    runCommand(env, ...args);

  it("wrong usage and wrong settings are exit code 2 and tell everything at once", async () => {
    const usage = await cli(["run", "convert-imag"]);
    assert.equal(usage.exitCode, 2);
    assert.match(usage.stderr, /convert-image/);
    const settings = await cli(["status"], { VMCATCHER_ONE_FORMAT: "x", VMCATCHER_ONE_FOO: "y" });
    assert.equal(settings.exitCode, 2);
    assert.match(settings.stderr, /VMCATCHER_ONE_FORMAT: /);
    assert.match(settings.stderr, /VMCATCHER_ONE_FOO: no such setting/);
    assert.equal((await cli(["replay"])).exitCode, 2);
  });

  it("help and version are no errors", async () => {
    for (const args of [["--help"], ["--version"], ["run", "--help"], ["status", "--help"]]) {
      assert.equal((await cli(args)).exitCode, 0, args.join(" "));
    }
  });

  it("hook runs the hook: same result, same exit code", async () => {
    const { exitCode, stderr } = await cli(["hook"], { VMCATCHER_EVENT_TYPE: "" });
    assert.equal(exitCode, 2);
    assert.match(stderr, /^vmcatcher-hook: VMCATCHER_EVENT_TYPE is not set/);
    assert.equal((await cli(["hook"], { VMCATCHER_EVENT_TYPE: "ProcessPrefix" })).exitCode, 0);
  });
});
