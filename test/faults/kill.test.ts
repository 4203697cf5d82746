import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { randomFrom } from "../fuzz/random.ts";
import { killAtRandom } from "./chaos.ts";
import { cleaningUpAfter } from "./cleaning.ts";
import { chaosSeconds, seed } from "./options.ts";
import { embeddedQueue, startElasticMqUnderTest } from "./queues.ts";
import { createScene } from "./scene.ts";

const IMAGES = 6;

describe("kill -9 of everything, again and again", () => {
  for (const { name, start } of [
    { name: "the embedded queue", start: async () => embeddedQueue },
    { name: "ElasticMQ", start: () => startElasticMqUnderTest() },
  ]) {
    it(`over ${name}: every identifier ends with its newest content and its rights, and nothing is left over`, async (t) => {
      t.diagnostic(`seed ${seed}, ${chaosSeconds} s`);
      const random = randomFrom(seed);
      const scene = await createScene(await start(), { random, images: IMAGES });
      cleaningUpAfter(t).defer(() => scene.close());
      const { history } = scene;
      await history.publishAll();
      await scene.untilAtRest();
      await scene.giveRights();

      const until = performance.now() + chaosSeconds * 1000;
      const happen = async () => {
        while (performance.now() < until) {
          await history.step();
          await sleep(200 + random.below(1500));
        }
      };
      const [kills] = await Promise.all([killAtRandom(scene, random, until), happen()]);
      const since = performance.now();
      await scene.untilAtRest();
      const seconds = Math.round((performance.now() - since) / 1000);
      const { length: events } = history.told().split("\n");
      t.diagnostic(`${events} events, killed ${JSON.stringify(kills)}, at rest after ${seconds} s`);
      await scene.assertInOrder();
    });
  }
});
