import assert from "node:assert/strict";
import { readdir, truncate } from "node:fs/promises";
import { describe, it } from "node:test";
import { reconcileDeps } from "../../functions/cli/reconcile-deps.ts";
import { reconcileUntil } from "../../functions/reconcile/schedule.ts";
import type { Clock } from "../../functions/shared/time/clock.ts";
import { openQueues } from "../../functions/shared/queue/open-queues.ts";
import { recordingLog } from "../enqueue-event/spool-sandbox.ts";
import { Bench, ONE, OTHER } from "./bench.ts";

const HOURS_MS = 7_200_000;

/** Runs some rounds of the schedule, `laterMs` after the index was saved; pauses take no time and are told. */
async function rounds(
  bench: Bench,
  count: number,
  between: (round: number) => Promise<unknown> = async () => undefined,
  laterMs = HOURS_MS,
) {
  const stop = new AbortController();
  const log = recordingLog();
  const pauses: number[] = [];
  const clock: Clock = {
    now: () => new Date(Date.now() + laterMs),
    elapsed: () => performance.now(),
    sleep: async (milliseconds) => {
      if (pauses.length === count) {
        stop.abort(new Error("enough"));
        return;
      }
      await between(pauses.length);
      pauses.push(milliseconds / 1000);
    },
  };
  const queues = openQueues(bench.site.config);
  try {
    await reconcileUntil({ ...reconcileDeps({ ...bench.deps, clock, log }, queues) }, stop.signal);
  } finally {
    await queues.close();
  }
  return { pauses, lines: log.lines };
}

async function withOneMissing(reconcile: string): Promise<Bench> {
  const bench = await Bench.create({ VMCATCHER_ONE_RECONCILE: reconcile });
  await bench.endorse(ONE, "1");
  await bench.site.vmcatcher.run(() => true);
  return bench;
}

const spooled = async ({ site }: Bench) =>
  (await readdir(site.config.spoolDirectory).catch(() => [])).length;

describe("the schedule", { concurrency: 4 }, () => {
  it("reports by default, once for the same findings, and writes nothing", async () => {
    await using bench = await withOneMissing("report");
    const { pauses, lines } = await rounds(bench, 3);
    assert.deepEqual(pauses, [60, 3600, 3600]);
    assert.deepEqual(lines, [
      "warn OpenNebula does not hold what vmcatcher endorses: see vmcatcher-one reconcile plan",
    ]);
    assert.equal(await spooled(bench), 0);
  });

  it("repairs where it is told to, and says when all is well", async () => {
    await using bench = await withOneMissing("repair");
    const { lines } = await rounds(bench, 2, () => bench.work());
    assert.deepEqual(lines, [
      "warn OpenNebula does not hold what vmcatcher endorses: see vmcatcher-one reconcile plan",
      "info repair recorded in the spool",
      "info OpenNebula holds what vmcatcher endorses",
    ]);
    assert.deepEqual(await bench.images(), [`${ONE} READY 1`]);
  });

  it("does nothing when it is off", async () => {
    await using bench = await withOneMissing("off");
    const { pauses, lines } = await rounds(bench, 2);
    assert.deepEqual([pauses.length, lines], [2, []]);
  });

  it("waits until vmcatcher's hook has surely run", async () => {
    await using bench = await withOneMissing("repair");
    const { lines } = await rounds(bench, 1, undefined, 300_000);
    assert.deepEqual(lines, ["debug vmcatcher has just saved its index: later"]);
    assert.equal(await spooled(bench), 0);
  });

  it("never retires the greater part of the images", async () => {
    await using bench = await Bench.create({ VMCATCHER_ONE_RECONCILE: "repair" });
    await bench.endorse(OTHER, "1");
    await bench.publish(ONE, "1");
    await bench.endorse("third", "1");
    await bench.site.vmcatcher.subscribe(ONE, false);
    await bench.site.vmcatcher.subscribe(OTHER, false);
    await bench.site.vmcatcher.run((_type, identifier) => identifier !== "third");
    await bench.work();
    const { lines } = await rounds(bench, 1);
    assert.deepEqual(lines.length, 1, "no repair");
    await bench.work();
    assert.equal((await bench.images()).filter((image) => image.includes("READY")).length, 3);
  });

  it("goes on after a failure, and tells of it once", async () => {
    await using bench = await withOneMissing("report");
    await truncate(bench.site.config.cacheIndex, 10);
    const { lines } = await rounds(bench, 3, async (round) => {
      if (round === 2) {
        await bench.site.vmcatcher.run(() => true);
      }
    });
    assert.deepEqual(lines, [
      "warn could not compare OpenNebula with vmcatcher, will try again",
      "warn OpenNebula does not hold what vmcatcher endorses: see vmcatcher-one reconcile plan",
    ]);
  });
});
