import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as z from "zod";
import { STATE } from "../../functions/shared/lineage/attributes.ts";
import { createSite, type Site } from "../fakes/site.ts";
import { runCommand, runProcess, type RunningFunctions } from "./processes.ts";

const FIRST = "1b4d6c7e-52c5-4d0f-8a7a-0f4f6a3b9c21";
const UPDATED = "5d6b9a47-6b3c-5f9c-8a3e-0f3b9f0f3a11";
const EXPIRED = "de355bfb-5781-5b0c-9ccd-9bd3d0d2be06";
const STEADY = "0a6f1c9e-2b39-5d1e-9a54-0d5c1a6f7e11";

const planSchema = z.object({
  enqueued: z.number().optional(),
  findings: z.array(z.object({ kind: z.string(), identifier: z.string() })),
});

describe("after everything of vmcatcher-one was lost", () => {
  let site: Site;
  let functions: RunningFunctions;
  before(async () => {
    site = await createSite({ simulator: { copySeconds: 1 } });
    functions = runProcess([], site.env);
  });
  after(async () => {
    await functions.stop();
    await site.close();
  });

  const reconcile = async (...args: string[]) => {
    const { stdout, exitCode } = await runCommand(site.env, "reconcile", ...args, "--json");
    const { enqueued, findings } = planSchema.parse(JSON.parse(stdout));
    return {
      enqueued,
      exitCode,
      findings: findings.map(({ kind, identifier }) => `${kind} ${identifier}`),
    };
  };
  const untilLive = (count: number) =>
    site.until(
      `${count} live images`,
      (all) => all.filter(({ attributes }) => attributes.get(STATE) === "live").length === count,
      60,
    );
  const uploads = () =>
    site.simulator.calls().filter(({ method }) => method === "one.image.allocate").length;

  it("one apply brings OpenNebula to what vmcatcher endorses, and uploads nothing that is there", async () => {
    await site.endorseRaw(STEADY, "1");
    await site.endorseRaw(UPDATED, "1");
    await site.endorseRaw(EXPIRED, "1");
    await site.vmcatcher.run();
    const before = await untilLive(3);
    const group = site.simulator.createGroup("vo");
    const updated = before.find(({ name }) => name === UPDATED);
    await site.oneadmin.chown(updated?.id ?? -1, -1, group, AbortSignal.timeout(5000));

    await site.endorseRaw(UPDATED, "2");
    await site.vmcatcher.run();
    await site.until("the update is being copied", (all) =>
      all.some(({ state }) => state === "LOCKED"),
    );
    await functions.kill();
    const first = await site.endorseRaw(FIRST, "1");
    await site.vmcatcher.subscribe(EXPIRED, false);
    await site.vmcatcher.run();
    for (const lost of ["queue", "spool"]) {
      await rm(join(site.config.home, lost), { recursive: true });
    }
    const beforeRepair = uploads();
    functions = runProcess([], site.env);

    const plan = await reconcile("plan");
    const found = [`missing ${FIRST}`, `stale ${UPDATED}`, `orphaned ${EXPIRED}`];
    assert.deepEqual(plan, { enqueued: undefined, exitCode: 1, findings: found });
    assert.deepEqual(await reconcile("apply"), { enqueued: 3, exitCode: 0, findings: found });
    const images = await site.until(
      "all is as vmcatcher has it",
      (all) =>
        all.some(({ name, state }) => name.startsWith(`${EXPIRED} `) && state === "DISABLED") &&
        [FIRST, UPDATED, STEADY].every((identifier) =>
          all.some(
            ({ name, attributes }) => name === identifier && attributes.get(STATE) === "live",
          ),
        ) &&
        all.some(({ name, state }) => name.startsWith(`${UPDATED}_`) && state === "DISABLED"),
      60,
    );
    assert.equal(images.length, 5);
    assert.equal(images.find(({ name }) => name === UPDATED)?.gid, group);
    assert.equal(
      uploads(),
      beforeRepair + 1,
      "the first image; the update was uploaded before the accident",
    );
    const id = images.find(({ name }) => name === FIRST)?.id ?? -1;
    assert.equal(await site.diskSha256(id), first.diskSha256);
  });

  it("a second apply does nothing", async () => {
    const nothing = { exitCode: 0, findings: [] };
    for (let round = 0; (await reconcile("plan")).exitCode !== 0; round++) {
      assert.ok(round < 50, "the queues are empty in the end");
    }
    const calls = site.simulator.calls().length;
    assert.deepEqual(await reconcile("apply"), { ...nothing, enqueued: 0 });
    const methods = new Set(
      site.simulator
        .calls()
        .slice(calls)
        .map(({ method }) => method),
    );
    assert.deepEqual([...methods], ["one.imagepool.info"]);
  });

  it("an index that cannot be read is exit code 1, and a sentence", async () => {
    const env = { ...site.env, VMCATCHER_ONE_CACHE_INDEX: "/nowhere/cache.index" };
    const { exitCode, stderr, stdout } = await runCommand(env, "reconcile", "apply");
    assert.deepEqual([exitCode, stdout], [1, ""]);
    assert.match(stderr, /vmcatcher's index \/nowhere\/cache\.index cannot be used: .*ENOENT/);
  });
});
