import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { execa } from "execa";
import * as z from "zod";
import { makeRaw } from "../../functions/cli/demo/appliance.ts";
import { STATE } from "../../functions/shared/lineage/attributes.ts";
import { createSite, type Site } from "../fakes/site.ts";
import { runCommand, runProcess, type RunningFunctions } from "./processes.ts";

const IDENTIFIER = "de355bfb-5781-5b0c-9ccd-9bd3d0d2be06";
const BROKEN = "1b4d6c7e-52c5-4d0f-8a7a-0f4f6a3b9c21";

const historySchema = z.object({
  title: z.string(),
  endorsed: z.string(),
  live: z.object({ id: z.int(), version: z.string(), sha512: z.string() }).optional(),
  versions: z.array(z.object({ became: z.string() })),
});
const lettersSchema = z.array(z.object({ messageId: z.string(), body: z.string() }));

describe("an operator's commands", () => {
  let site: Site;
  let functions: RunningFunctions;
  let env: Record<string, string>;
  before(async () => {
    site = await createSite();
    env = { ...site.env, VMCATCHER_CACHE_DIR_CACHE: site.vmcatcher.cacheDirectory };
    functions = runProcess([], env);
    const files = join(site.directory, "repository");
    const { file } = await makeRaw(files, "one", "one");
    const title = "An \u202eimage";
    const image = { identifier: IDENTIFIER, file, title, version: "1.7", format: "RAW" };
    await site.vmcatcher.endorse(image);
    const broken = join(files, "broken");
    await writeFile(broken, "this is no disk image");
    await site.vmcatcher.endorse({ ...image, identifier: BROKEN, file: broken, format: "qcow2" });
    await site.vmcatcher.run();
    await site.until("a live image", (images) =>
      images.some(({ attributes }) => attributes.get(STATE) === "live"),
    );
  });
  after(async () => {
    await functions.stop();
    await site.close();
  });

  const cli = (...args: string[]) => runCommand(env, ...args);
  const history = async () =>
    historySchema.parse(JSON.parse((await cli("history", IDENTIFIER, "--json")).stdout));
  const untilDead = async () => {
    for (let round = 0; round < 100; round++) {
      const letters = lettersSchema.parse(JSON.parse((await cli("dead-letters", "--json")).stdout));
      if (letters.length > 0) {
        return letters[0]?.messageId ?? "";
      }
    }
    return assert.fail("no dead letter came");
  };

  it("history tells the versions of an identifier, and lets none of its texts steer the terminal", async () => {
    const { live, endorsed, versions } = await history();
    assert.deepEqual([live?.version, endorsed, versions.length], ["1.7", "yes", 0]);
    const { stdout } = await cli("history", IDENTIFIER);
    assert.match(stdout, /^de355bfb\S+ {2}An \?image\n/);
    assert.match(stdout, new RegExp(` live +1\\.7 +oneadmin .* ${IDENTIFIER}\n`));
    const unknown = await cli("history", "nobody");
    assert.equal(unknown.exitCode, 1);
    assert.match(unknown.stderr, /knows anything of it/);
  });

  it("discard tells first, then removes for good what it prints, and says what it does not find", async () => {
    const id = await untilDead();
    const told = await cli("discard", id);
    assert.equal(told.exitCode, 2);
    assert.match(told.stderr, /nothing was discarded: add --yes/);
    assert.equal(await untilDead(), id, "it is still there");

    assert.equal((await cli("discard", id, "nobody", "--yes")).exitCode, 1);
    assert.equal(await untilDead(), id, "one that is unknown stops all");
    const discarded = await cli("discard", id, "--yes");
    assert.equal(discarded.exitCode, 0, discarded.stderr);
    const [letter] = lettersSchema.parse(JSON.parse(discarded.stdout));
    assert.equal(letter?.messageId, id);
    assert.match(letter?.body ?? "", new RegExp(BROKEN));
    assert.equal((await cli("dead-letters")).stdout, "no dead letters");
    assert.equal((await cli("discard")).exitCode, 2);
    assert.equal((await cli("discard", "--all", "--yes")).stdout, "[]");
  });

  it("status watches: JSON line by line, until ^C", async () => {
    const args = ["dist/vmcatcher-one.js", "status", "--watch", "--json", "--interval", "0.1"];
    const child = execa("node", args, { env, reject: false, buffer: false });
    const lines: unknown[] = [];
    const reader = createInterface(child.stdout).on("line", (line) => {
      lines.push(JSON.parse(line));
      if (lines.length === 3) {
        child.kill("SIGINT");
      }
    });
    await once(reader, "close");
    assert.equal((await child).exitCode, 0);
    const [first] = z.array(z.object({ identifiers: z.array(z.unknown()) })).parse(lines);
    assert.equal(first?.identifiers.length, 1);
    const wrong = await cli("status", "--watch", "--interval", "0");
    assert.equal(wrong.exitCode, 2);
  });

  it("status ends when nobody reads on", async () => {
    const piped = await execa(
      "sh",
      ["-c", "node dist/vmcatcher-one.js status --watch --interval 0.1 | head -n 3"],
      { env, timeout: 20_000 },
    );
    assert.equal(piped.stdout.split("\n").length, 3);
  });

  it("retire does nothing without --yes, and nothing to what vmcatcher endorses without --force", async () => {
    const endorsed = await cli("retire", IDENTIFIER, "--yes");
    assert.equal(endorsed.exitCode, 1);
    assert.match(endorsed.stderr, /vmcatcher still endorses it .* use --force/);
    const told = await cli("retire", IDENTIFIER, "--force");
    assert.equal(told.exitCode, 2);
    assert.match(
      told.stdout,
      /^would retire image \d+ de355bfb\S+ of oneadmin:oneadmin, 600 READY, 0 VMs$/,
    );
    assert.equal((await history()).versions.length, 0);
  });

  it("retire sends the event of an expiry, and says when nothing is left to be retired", async () => {
    const { exitCode, stdout } = await cli("retire", IDENTIFIER, "--force", "--yes");
    assert.equal(exitCode, 0);
    assert.match(stdout, /^queued as job [0-9a-f]{32}: image /);
    const images = await site.until("the image is expired", (all) =>
      all.some(
        ({ attributes, state }) => attributes.get(STATE) === "expired" && state === "DISABLED",
      ),
    );
    assert.equal(images[0]?.mode, "700");
    assert.deepEqual((await history()).versions, [{ became: "expired" }]);
    const again = await cli("retire", IDENTIFIER, "--force", "--yes");
    assert.equal(again.exitCode, 1);
    assert.match(again.stderr, /nothing is live; its 1 images are old versions/);
    const unknown = await cli("retire", "nobody", "--yes");
    assert.match(unknown.stderr, /OpenNebula holds no image of it/);
  });
});
