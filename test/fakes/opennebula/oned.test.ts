import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { createAdmin } from "./admin.ts";
import { createManualClock, type ManualClock } from "./manual-clock.ts";
import { Oned } from "./oned.ts";
import type { CopyOutcome, Probe, SimulatorFiles } from "./ports.ts";
import { createWorld } from "./world.ts";

test("without network, disk and real time the same calls give the same answers, time after time", async () => {
  const run = async () => {
    const { clock, ask, admin } = createSimulation();
    const answers = [await ask("one.image.allocate", TEMPLATE, 1), await ask("one.image.info", 0)];
    clock.advance(300);
    await setImmediate();
    answers.push(await ask("one.image.info", 0), await ask("one.image.delete", 0));
    clock.advance(100);
    await setImmediate();
    answers.push(await ask("one.image.info", 0));
    return { answers, images: admin.images() };
  };
  const [first, second] = [await run(), await run()];
  assert.deepEqual(first, second);
  const states = first.answers.map(
    (answer) => /STATE&gt;(\d+)|Error getting image/.exec(answer)?.[0] ?? "",
  );
  assert.deepEqual(states, ["", "STATE&gt;4", "STATE&gt;1", "", "Error getting image"]);
  assert.deepEqual(first.images, []);
});

test("a fault is told as what the network has to do", async () => {
  const { oned } = createSimulation();
  const outcome = async (kind: "hang" | "reset" | "lose-answer" | "cut-answer") => {
    oned.faults.inject({ fault: { kind } });
    return (await oned.answer(request("one.system.version"))).kind;
  };
  assert.equal(await outcome("hang"), "silence");
  assert.equal(await outcome("reset"), "reset");
  assert.equal(await outcome("lose-answer"), "reset");
  assert.equal(await outcome("cut-answer"), "cut body");
});

test("a delay lasts as long as the world's clock says", async () => {
  const { oned, clock } = createSimulation();
  oned.faults.inject({ fault: { kind: "delay", milliseconds: 3_600_000 } });
  const kinds: string[] = [];
  const answered = oned.answer(request("one.system.version")).then(({ kind }) => kinds.push(kind));
  await setImmediate();
  clock.advance(3_599_999);
  await setImmediate();
  assert.deepEqual(kinds, []);
  clock.advance(1);
  await answered;
  assert.deepEqual(kinds, ["body"]);
});

test("an oned that is killed while it probes a file makes no image and gives no answer", async () => {
  const probed = Promise.withResolvers<Probe>();
  const { oned, admin } = createSimulation({ ...MEMORY, probe: async () => probed.promise });
  const answered = oned.answer(request("one.image.allocate", TEMPLATE, 1));
  await setImmediate();
  oned.world.restart();
  probed.resolve({ sizeMb: 1 });
  assert.deepEqual(await answered, { kind: "reset" });
  assert.deepEqual(admin.images(), []);
});

test("an oned that was killed begins no copy and no deletion of its earlier life", async () => {
  const touched: string[] = [];
  const { oned, clock, ask, admin } = createSimulation({
    ...MEMORY,
    copy: async ({ to }) => {
      touched.push(to);
      return { ok: true, format: "raw", compression: undefined };
    },
    remove: async (path) => void touched.push(path),
  });
  await ask("one.image.allocate", TEMPLATE, 1);
  await ask("one.image.delete", admin.addImage({ name: "other" }));
  oned.world.restart();
  clock.advance(1000);
  await setImmediate();
  assert.deepEqual(touched, []);
  assert.deepEqual(
    admin.images().map(({ state }) => state),
    ["DELETE", "LOCKED"],
  );
});

test("a copy and a deletion that end after oned was killed change nothing", async () => {
  const copied = Promise.withResolvers<CopyOutcome>();
  const removed = Promise.withResolvers<void>();
  const files = {
    ...MEMORY,
    copy: async () => copied.promise,
    remove: async () => removed.promise,
  };
  const { oned, clock, ask, admin } = createSimulation(files);
  await ask("one.image.allocate", TEMPLATE, 1);
  await ask("one.image.delete", admin.addImage({ name: "other" }));
  clock.advance(1000);
  await setImmediate();
  oned.world.restart();
  copied.resolve({ ok: true, format: "raw", compression: undefined });
  removed.resolve();
  await oned.world.settled();
  assert.deepEqual(
    admin.images().map(({ state }) => state),
    ["DELETE", "LOCKED"],
  );
});

function createSimulation(files: SimulatorFiles = MEMORY): {
  readonly oned: Oned;
  readonly clock: ManualClock;
  readonly admin: ReturnType<typeof createAdmin>;
  readonly ask: (method: string, ...args: readonly (string | number)[]) => Promise<string>;
} {
  const clock = createManualClock();
  const world = createWorld({
    clock,
    files,
    directory: "/datastores",
    safeDirs: ["/safe"],
    copySeconds: 0.3,
    deleteSeconds: 0.1,
    version: "7.0.2",
    password: "opennebula",
  });
  const oned = new Oned(world, { latencyMs: 0 });
  const ask = async (method: string, ...args: readonly (string | number)[]) => {
    const answer = await oned.answer(request(method, ...args));
    return "body" in answer ? answer.body : answer.kind;
  };
  return { oned, clock, admin: createAdmin(world), ask };
}

function request(method: string, ...args: readonly (string | number)[]): Buffer {
  const value = (arg: string | number) =>
    typeof arg === "number" ? `<int>${arg}</int>` : `<string>${arg}</string>`;
  const params = ["oneadmin:opennebula", ...args]
    .map((arg) => `<param><value>${value(arg)}</value></param>`)
    .join("");
  return Buffer.from(
    `<methodCall><methodName>${method}</methodName><params>${params}</params></methodCall>`,
  );
}

const TEMPLATE = 'NAME="web"\nPATH="/safe/x.img"';

const MEMORY: SimulatorFiles = {
  probe: async () => ({ sizeMb: 1 }),
  resolve: async (path) => path,
  copy: async () => ({ ok: true, format: "raw", compression: undefined }),
  remove: async () => undefined,
};
