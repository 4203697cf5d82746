import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ALL_FUNCTIONS } from "../../functions/cli/beside.ts";
import { IDENTIFIER } from "../../functions/job/identifier.ts";
import type { Image } from "../../functions/shared/opennebula/opennebula.ts";
import { randomFrom } from "../fuzz/random.ts";
import { cleaningUpAfter } from "./cleaning.ts";
import { startCountingProxy } from "./counting-proxy.ts";
import type { Endorsement } from "./history.ts";
import { MemoryLog } from "./memory.ts";
import { manyImages, seed } from "./options.ts";
import { embeddedQueue, startElasticMqUnderTest } from "./queues.ts";
import { createScene } from "./scene.ts";
import { createTinyImages } from "./tiny-images.ts";

const MAX_CALLS = 10;
/**
 * What the last third may have above the first, in MiB. The answers of OpenNebula that every step reads grow with the images that
 * there are, and V8 lets the garbage of some of them lie; what is waiting, or was done, must cost nothing.
 */
const MEMORY_MARGIN = 96;
/** So few are done before V8's heap has found its size: then only the ceiling counts. */
const FEW_IMAGES = 200;
const MOST_MEMORY = 400; // MiB
const REST_SECONDS = 900;

describe("images announced at once, in two versions each", () => {
  for (const { name, startQueue, groups, images, slots } of [
    {
      name: "the embedded queue, all functions in one process",
      startQueue: async () => embeddedQueue,
      groups: [ALL_FUNCTIONS],
      images: manyImages,
      slots: 2,
    },
    {
      name: "ElasticMQ, one process a function",
      startQueue: () => startElasticMqUnderTest(),
      groups: ALL_FUNCTIONS.map((function_) => [function_]),
      images: manyImages,
      slots: 2,
    },
    {
      name: "one process with more slots than OpenNebula may have calls",
      startQueue: async () => embeddedQueue,
      groups: [ALL_FUNCTIONS],
      images: 30,
      slots: 10,
    },
  ]) {
    it(`${images} over ${name}: the newest are live, memory is flat, OpenNebula has few calls at a time`, async (t) => {
      const cleaning = cleaningUpAfter(t);
      const proxy = await startCountingProxy("/RPC2");
      cleaning.defer(() => proxy.close());
      const scene = await createScene(await startQueue(), {
        random: randomFrom(seed),
        images,
        groups: [],
        site: {
          simulator: { copySeconds: 0.05 },
          env: { ONE_XMLRPC: proxy.url, VMCATCHER_ONE_SLOTS: String(slots) },
        },
      });
      cleaning.defer(() => scene.close());
      const { site, history, functions } = scene;
      proxy.passTo(site.simulator.url);
      const make = await createTinyImages(join(site.directory, "repository"));
      const memory = new MemoryLog();
      const done = new AbortController();
      cleaning.defer(() => done.abort());

      await history.publishAll(make);
      const start = performance.now();
      for (const group of groups) {
        functions.add(group);
      }
      const watching = memory.watch(() => functions.pids(), done.signal);
      await history.publishAll(make);
      const announced = performance.now();
      await scene.untilAtRest(REST_SECONDS);
      const end = performance.now();
      done.abort();
      await watching;

      const seconds = (until: number) => Math.round((until - start) / 1000);
      t.diagnostic(
        `second versions announced in ${seconds(announced)} s, all live in ${seconds(end)} s`,
      );
      t.diagnostic(
        `${proxy.total()} calls to OpenNebula, at most ${proxy.mostAtATime()} at a time`,
      );
      for (const { name, first, last, most } of memory.thirds()) {
        t.diagnostic(`${name}: RSS ${first} MiB at first, ${last} at last, at most ${most}`);
      }
      await scene.assertInOrder();
      assertOrder(await site.images(), history.endorsements);
      assert.ok(proxy.mostAtATime() <= MAX_CALLS, `${proxy.mostAtATime()} calls at a time`);
      for (const { name, first, last, most } of memory.thirds()) {
        const isFlat = images < FEW_IMAGES || last - first <= MEMORY_MARGIN;
        assert.ok(isFlat && most <= MOST_MEMORY, `${name}: from ${first} to ${last}, ${most} MiB`);
      }
    });
  }
});

/** Versions of an image were registered in the order in which they were announced. */
function assertOrder(images: readonly Image[], endorsements: readonly Endorsement[]): void {
  const byIdentifier = Map.groupBy(images, ({ attributes }) => attributes.get(IDENTIFIER) ?? "");
  for (const { identifier } of endorsements) {
    const versions = (byIdentifier.get(identifier) ?? [])
      .toSorted((a, b) => a.id - b.id)
      .map(({ attributes }) => Number(attributes.get("VMCATCHER_EVENT_HV_VERSION")));
    assert.deepEqual(
      versions,
      versions.toSorted((a, b) => a - b),
      identifier,
    );
  }
}
