import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { makeOva } from "../../functions/cli/demo/appliance.ts";
import { ALL_FUNCTIONS } from "../../functions/cli/beside.ts";
import { STATE } from "../../functions/shared/lineage/attributes.ts";
import { sqsEnvironment, startElasticMq } from "../../infra/elasticmq.ts";
import { giveToUser, rightsOf } from "../fakes/rights.ts";
import { createSite, type Site } from "../fakes/site.ts";
import { runProcess, type RunningFunctions } from "./processes.ts";

const OVA = "de355bfb-5781-5b0c-9ccd-9bd3d0d2be06";
const RAW = "1b4d6c7e-52c5-4d0f-8a7a-0f4f6a3b9c21";

const queues = [
  { queue: "the embedded queue", start: async () => ({ env: {}, stop: async () => undefined }) },
  {
    queue: "ElasticMQ",
    start: async () => {
      const broker = await startElasticMq();
      return { env: sqsEnvironment(broker.endpoint), stop: () => broker.stop() };
    },
  },
];
const layouts = [
  { layout: "all functions in one process", groups: [ALL_FUNCTIONS] },
  { layout: "one process a function", groups: ALL_FUNCTIONS.map((name) => [name]) },
];

for (const { queue, start } of queues) {
  for (const { layout, groups } of layouts) {
    describe(`the chain over ${queue}, ${layout}`, () => {
      let site: Site;
      let stopQueue: () => Promise<unknown>;
      let processes: readonly RunningFunctions[] = [];
      before(async () => {
        const { env, stop } = await start();
        stopQueue = stop;
        site = await createSite({ env });
        processes = groups.map((functions) => runProcess(functions, { ...site.env }));
      });
      after(async () => {
        const codes = await Promise.all(processes.map((process) => process.stop()));
        await site.close();
        await stopQueue();
        assert.deepEqual(codes, processes.map(() => 0), "every process stops cleanly"); // prettier-ignore
      });

      it("registers, updates with the rights kept, expires, and leaves nothing behind", async () => {
        const files = join(site.directory, "repository");
        const live = async (identifier: string, sha256: string) => {
          const images = await site.until(
            `a live image ${identifier}`,
            (all) =>
              all.some(
                ({ name, attributes }) => name === identifier && attributes.get(STATE) === "live",
              ),
            60,
          );
          const image = images.find(({ name }) => name === identifier);
          assert.ok(image);
          assert.equal(await site.diskSha256(image.id), sha256, "exactly the disk of the source");
          return image;
        };
        const ova = await makeOva(files, "ova-1", "one");
        const listed = { identifier: OVA, title: "An OVA", format: "OVA" };
        await site.vmcatcher.endorse({ ...listed, file: ova.file, version: "1" });
        const raw = await site.endorseRaw(RAW, "1");
        await site.vmcatcher.run();
        const first = await live(OVA, ova.diskSha256);
        await live(RAW, raw.diskSha256);

        const given = await giveToUser(site, first.id);
        const update = await makeOva(files, "ova-2", "three");
        await site.vmcatcher.endorse({ ...listed, file: update.file, version: "2" });
        await site.vmcatcher.run();
        await site.until(
          "the new version has the rights",
          (all) =>
            all.some(
              ({ id, name, uid, attributes }) =>
                id > first.id &&
                name === OVA &&
                uid === given.uid &&
                attributes.get(STATE) === "live",
            ),
          60,
        );
        const second = await live(OVA, update.diskSha256);
        assert.deepEqual(rightsOf(second), { ...given, state: "READY" });

        await site.vmcatcher.subscribe(RAW, false);
        await site.vmcatcher.run();
        await site.until(
          "the RAW has expired",
          (all) =>
            all.some(({ name, state }) => name.startsWith(`${RAW} `) && state === "DISABLED"),
          60,
        );
        await site.until(
          "the old version is put away",
          (all) => all.some(({ id, state }) => id === first.id && state === "DISABLED"),
          60,
        );
        await untilEmpty(site.config.stagingDirectory);
        await untilEmpty(join(site.config.spoolDirectory, "new"));
      });
    });
  }
}

async function untilEmpty(directory: string): Promise<void> {
  for (let round = 0; ; round++) {
    const names = await readdir(directory);
    if (names.length === 0) {
      return;
    }
    assert.ok(round < 200, `${directory} still holds ${names.join(", ")}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
