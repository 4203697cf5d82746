import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { cleanUntil } from "../../functions/janitor/loop.ts";
import { steps } from "../../functions/registry.ts";
import type { LeftoverKind } from "../../functions/shared/staging/leftover-kinds.ts";
import { recordingLog } from "../shared/worker/recording-log.ts";
import { forEachTest } from "../fakes/for-each-test.ts";
import { createHousehold } from "./household.ts";

describe("the janitor's rounds", () => {
  const house = forEachTest(createHousehold);
  beforeEach(async () => {
    await house.stage("0123456789abcdef0123456789abcdef.raw");
  });

  /** Lets it wait some times, then stops it. @returns what it waited for, the signs that it gave, what it removed and logged */
  const rounds = async (count: number, random: () => number) => {
    const stop = new AbortController();
    const pauses: number[] = [];
    const signs: (readonly [state: string, seconds: number])[] = [];
    const removed: LeftoverKind[] = [];
    const { log, lines } = recordingLog();
    const clock = {
      ...house.clockAt(2),
      sleep: async (milliseconds: number) => {
        pauses.push(milliseconds / 1000);
        if (pauses.length > count) {
          stop.abort(new Error("stopping"));
        }
      },
    };
    await cleanUntil(
      {
        ...house.deps,
        log,
        clock,
        queues: house.queues,
        steps: Object.keys(steps),
        random,
        sign: (state, seconds) => signs.push([state, seconds]),
        onRemoved: (kind) => removed.push(kind),
      },
      stop.signal,
    );
    return { pauses, signs, removed, lines };
  };

  it("are made about as often as the setting says, at no fixed time, the first one not at once", async () => {
    const chances = [0, 0.5, 0.75];
    const { pauses } = await rounds(2, () => chances.shift() ?? 0);
    assert.deepEqual(pauses, [1800, 3600, 4500]);
  });

  it("remove what is left, once, and tell what it was", async () => {
    const { removed } = await rounds(3, () => 0);
    assert.deepEqual(removed, ["disk"]);
    assert.deepEqual(await house.staged(), []);
  });

  it("give a sign of life before each thing that takes time, and say how long they rest", async () => {
    const { pauses, signs } = await rounds(1, () => 0.5);
    assert.deepEqual(signs[0]?.[0], "waiting");
    assert.ok((signs[0]?.[1] ?? 0) > (pauses[0] ?? 0));
    assert.ok(signs.filter(([state]) => state === "working").length >= 3);
  });

  it("are broken off in the middle when they are told to end", async () => {
    const stop = new AbortController();
    const clock = {
      ...house.clockAt(2),
      sleep: async (milliseconds: number) => {
        if (milliseconds === 60_000) {
          stop.abort(new Error("stopping")); // between two readings of queues that it cannot look into
        }
        stop.signal.throwIfAborted();
      },
    };
    const queues = { open: (name: string) => house.queues.open(name) };
    const given = { ...house.deps, clock, queues, steps: Object.keys(steps), random: () => 0 };
    await cleanUntil(given, stop.signal);
    assert.equal((await house.staged()).length, 1);
  });

  it("go on through an outage, and end without a complaint when they are told to", async () => {
    await house.site.simulator.stop();
    const { pauses, lines } = await rounds(3, () => 0);
    assert.equal(pauses.length, 4);
    assert.equal(lines.filter(({ level }) => level === "warn").length, 3);
    await house.site.simulator.start();
  });
});
