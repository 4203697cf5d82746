import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Image } from "../../functions/shared/opennebula/opennebula.ts";
import { Bench, ONE } from "./bench.ts";

const TITLE = "VMCATCHER_EVENT_DC_TITLE";

async function live(bench: Bench): Promise<Image> {
  const image = (await bench.site.images()).find(({ name }) => name === ONE);
  assert.ok(image);
  return image;
}

/** A new list with other texts and the same content, of which vmcatcher tells nobody. */
async function signAnew(bench: Bench, title: string, description?: string): Promise<void> {
  await bench.endorse(ONE, "1", { title, ...(description === undefined ? {} : { description }) });
  await bench.site.vmcatcher.run();
}

describe("texts that changed without the content", { concurrency: 4 }, () => {
  it("are brought up to date in place, without an upload, with the rights as they are", async () => {
    await using bench = await Bench.create();
    await bench.publish(ONE, "1", { description: "old" });
    const before = await live(bench);
    await bench.site.oneadmin.chmod(before.id, "644", AbortSignal.timeout(5000));
    await signAnew(bench, "another title");
    assert.deepEqual(await bench.findings(), [`metadata ${ONE}`]);
    await bench.apply();
    await bench.work();
    const after = await live(bench);
    assert.deepEqual([after.id, after.mode, bench.uploads()], [before.id, "644", 1]);
    assert.equal(after.attributes.get(TITLE), "another title");
    assert.equal(after.attributes.get("VMCATCHER_EVENT_DC_DESCRIPTION"), undefined);
    assert.equal(after.attributes.get("DESCRIPTION"), "another title");
    for (const name of ["VMCATCHER_EVENT_UUID_SESSION", "VMCATCHER_ONE_JOB"]) {
      assert.equal(after.attributes.get(name), before.attributes.get(name), name);
    }
    assert.deepEqual(await bench.findings(), []);
  });

  it("leave a DESCRIPTION alone that a person has written", async () => {
    await using bench = await Bench.create();
    await bench.publish(ONE, "1", { description: "old" });
    const own = new Map([["DESCRIPTION", "use the other one"]]);
    await bench.site.oneadmin.append((await live(bench)).id, own, AbortSignal.timeout(5000));
    await signAnew(bench, "another title", "new");
    await bench.apply();
    await bench.work();
    const { attributes } = await live(bench);
    assert.equal(attributes.get("DESCRIPTION"), "use the other one");
    assert.equal(attributes.get("VMCATCHER_EVENT_DC_DESCRIPTION"), "new");
    assert.deepEqual(await bench.findings(), []);
  });

  it("are compared as OpenNebula stores them", async () => {
    await using bench = await Bench.create();
    await bench.publish(ONE, "1", { title: " a\r\ntitle with ]]> \u0007" });
    assert.deepEqual(await bench.findings(), []);
  });

  it("do not overtake a newer version", async () => {
    await using bench = await Bench.create();
    await bench.publish(ONE, "1");
    await signAnew(bench, "another title");
    await bench.apply();
    await bench.work("register-image");
    await bench.endorse(ONE, "2");
    await bench.site.vmcatcher.run();
    await bench.work();
    assert.deepEqual(await bench.images(), [`${ONE}~ DISABLED 1`, `${ONE} READY 2`]);
    assert.equal((await live(bench)).attributes.get(TITLE), "image 2");
  });
});

it("an image of the predecessor counts as it stands, and what it says wrongly is corrected", async () => {
  await using bench = await Bench.create();
  await bench.endorse(ONE, "1");
  await bench.site.vmcatcher.run(() => true);
  const { findings } = await bench.plan();
  const sha512 = findings[0]?.repair?.variables["VMCATCHER_EVENT_SL_CHECKSUM_SHA512"] ?? "";
  const id = bench.site.simulator.addImage({
    name: ONE,
    attributes: {
      VMCATCHER_EVENT_DC_IDENTIFIER: ONE,
      VMCATCHER_EVENT_SL_CHECKSUM_SHA512: sha512,
      VMCATCHER_EVENT_DC_DESCRIPTION: "None",
      [TITLE]: "image 1",
    },
  });
  assert.deepEqual(await bench.findings(), []);
  const old = new Map([[TITLE, "an old title"]]);
  await bench.site.oneadmin.append(id, old, AbortSignal.timeout(5000));
  assert.deepEqual(await bench.findings(), [`metadata ${ONE}`]);
  await bench.apply();
  await bench.work();
  const { attributes } = await live(bench);
  assert.equal(attributes.get(TITLE), "image 1");
  assert.equal(attributes.get("VMCATCHER_EVENT_DC_DESCRIPTION"), "None");
  assert.equal(attributes.get("VMCATCHER_EVENT_HV_URI"), undefined);
  assert.deepEqual([bench.uploads(), await bench.findings()], [0, []]);
});
