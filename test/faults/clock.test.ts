import { describe, it, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ALL_FUNCTIONS } from "../../functions/cli/beside.ts";
import { randomFrom } from "../fuzz/random.ts";
import { cleaningUpAfter } from "./cleaning.ts";
import { createFakeClock } from "./fake-clock.ts";
import { onlyInLongRuns, seed } from "./options.ts";
import { embeddedQueue, startElasticMqUnderTest, type QueueUnderTest } from "./queues.ts";
import { createScene } from "./scene.ts";

const DAY = 25; // hours; a bit more, so that no time of the day is the same

async function createClockScene(
  t: TestContext,
  start: (brokerEnv: Readonly<Record<string, string>>) => Promise<QueueUnderTest>,
) {
  const cleaning = cleaningUpAfter(t);
  const clock = await createFakeClock();
  cleaning.defer(() => clock.close());
  const scene = await createScene(await start(clock.jvmEnv), {
    random: randomFrom(seed),
    images: 4,
    groups: [ALL_FUNCTIONS],
    site: { simulator: { copySeconds: 1 }, env: clock.env, hookEnv: clock.env },
  });
  cleaning.defer(() => scene.close());
  await scene.history.publishAll();
  await scene.untilAtRest();
  await scene.giveRights();
  return { clock, ...scene };
}

describe("the clock of vmcatcher's host and of the functions", () => {
  for (const { name, start } of [
    { name: "the embedded queue", start: async () => embeddedQueue },
    { name: "ElasticMQ on a host whose clock is right", start: () => startElasticMqUnderTest() },
  ]) {
    it(`is set back and forth by hours and a day while they work, over ${name}`, async (t) => {
      const scene = await createClockScene(t, start);
      for (const hours of [DAY, 0, -DAY, 3]) {
        await scene.history.publishAll();
        await sleep(700); // some are converted, some are copied
        await scene.clock.set(hours);
        await scene.history.toggle(3);
        await scene.untilAtRest();
        await scene.assertInOrder();
      }
    });
  }
});

describe("ElasticMQ's clock", { skip: onlyInLongRuns }, () => {
  it("is set forward by a day while the functions work, and put right while they do not", async (t) => {
    const scene = await createClockScene(t, (env) => startElasticMqUnderTest({ env }));
    for (const hours of [3, DAY]) {
      await scene.history.publishAll();
      await sleep(700);
      await scene.clock.set(hours);
      await scene.untilAtRest();
      await scene.assertInOrder();
    }
    await scene.clock.set(0);
    await scene.history.publishAll();
    await scene.untilAtRest();
    await scene.assertInOrder();
  });

  it("is set back while they work: what was sent waits until the clock has caught up, and nothing is lost", async (t) => {
    const scene = await createClockScene(t, (env) => startElasticMqUnderTest({ env }));
    await scene.history.publishAll();
    await sleep(700);
    await scene.clock.set(-1);
    await sleep(2000);
    await scene.clock.set(0);
    await scene.untilAtRest();
    await scene.assertInOrder();
  });
});
