import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ALL_FUNCTIONS } from "../../functions/cli/beside.ts";
import { randomFrom } from "../fuzz/random.ts";
import { cleaningUpAfter } from "./cleaning.ts";
import { createHosts } from "./hosts.ts";
import { seed } from "./options.ts";
import { startElasticMqUnderTest } from "./queues.ts";
import { createScene } from "./scene.ts";
import { Supervisor } from "./supervisor.ts";

const LONGER_THAN_A_LEASE_MS = 15_000;

describe("two hosts with one ElasticMQ, one staging and one OpenNebula", () => {
  it("lose and double nothing while the network of one and then of the other is cut in the middle of its work", async (t) => {
    const cleaning = cleaningUpAfter(t);
    const network = await createHosts(2);
    cleaning.defer(() => network.remove());
    const { address, hosts } = network;
    const [first, second] = hosts;
    const queue = await startElasticMqUnderTest({ host: address });
    const scene = await createScene(queue, {
      random: randomFrom(seed),
      images: 4,
      groups: [],
      site: { simulator: { host: address, copySeconds: 1 } },
    });
    cleaning.defer(() => scene.close());
    const members = hosts.map(
      ({ prefix }) => new Supervisor([ALL_FUNCTIONS], scene.site.env, prefix),
    );
    for (const member of members) {
      cleaning.defer(() => member.stop());
    }
    await scene.history.publishAll();
    await scene.untilAtRest();
    await scene.giveRights();

    for (const host of [first, second]) {
      await scene.history.publishAll();
      await sleep(700); // some are converted, some are copied
      await host?.connect(false);
      await scene.history.publishAll();
      await sleep(LONGER_THAN_A_LEASE_MS);
      await host?.connect(true);
      await scene.untilAtRest();
      await scene.assertInOrder();
    }
    for (const [index, member] of members.entries()) {
      const done = member.logs().match(/"outcome":"ok"/g)?.length ?? 0;
      const lost = member.logs().match(/"outcome":"lease_lost"/g)?.length ?? 0;
      t.diagnostic(`host ${index}: ${done} steps done, ${lost} leases lost`);
    }
  });
});
