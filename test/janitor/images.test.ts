import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { AvailableJob } from "../../functions/job/job.ts";
import type { OpenNebula } from "../../functions/shared/opennebula/opennebula.ts";
import {
  newImageAttributes,
  pendingName,
  REMEMBERED,
  STATE,
} from "../../functions/shared/lineage/attributes.ts";
import { IDENTIFIER } from "../fakes/chain.ts";
import { forEachTest } from "../fakes/for-each-test.ts";
import { before } from "../fakes/meanwhile.ts";
import { createHousehold } from "./household.ts";

describe("an image that never took its identifier's name", () => {
  const house = forEachTest(createHousehold);

  const signal = () => AbortSignal.timeout(10_000);
  const names = async () => (await house.site.images()).map(({ name }) => name);

  /** As register-image allocates it; then its process dies. */
  const allocate = async (from?: string): Promise<{ job: AvailableJob; id: number }> => {
    const job = house.available();
    const path = from ?? join(house.site.config.stagingDirectory, "source");
    if (from === undefined) {
      await writeFile(path, "content", { mode: 0o644 });
    }
    const id = await house.site.oneadmin.allocate(
      { name: pendingName(job), path, datastoreId: 1, attributes: newImageAttributes(job) },
      signal(),
    );
    return { job, id };
  };
  const pending = async (): Promise<{ job: AvailableJob; id: number }> => {
    const made = await allocate();
    await house.site.until("it is READY", (images) =>
      images.some(({ id, state }) => id === made.id && state === "READY"),
    );
    return made;
  };
  const gone = (id: number) =>
    house.site.until("it is gone", (images) => images.every((image) => image.id !== id));
  const staysWith = async (
    id: number,
    reason: RegExp,
    given?: Parameters<typeof house.pass>[0],
  ) => {
    const { removed, kept } = await house.pass(given);
    assert.deepEqual(removed, []);
    assert.match(kept.map((image) => image.reason).join(), reason);
    assert.ok((await house.site.images()).some((image) => image.id === id));
  };

  it("stays when it has the disk of another image, which would go with it", async () => {
    const { id } = await pending();
    const { source } = (await house.site.images()).find((image) => image.id === id) ?? {};
    assert.ok(source);
    await house.site.oneadmin.allocate(
      {
        name: "of-somebody",
        datastoreId: 1,
        attributes: new Map(),
        source,
        format: "raw",
        sizeMb: 1,
      },
      signal(),
    );
    await staysWith(id, /has the same disk/);
  });

  it("is deleted when its job is nowhere", async () => {
    const { id, job } = await pending();
    const { removed, failures } = await house.pass();
    assert.deepEqual(removed, [{ kind: "pending-image", name: `${id} ${pendingName(job)}` }]);
    assert.deepEqual(failures, []);
    await gone(id);
  });

  it("stays while its job is in a queue", async () => {
    const { job, id } = await pending();
    await house.send(job, "register-image");
    await staysWith(id, /^its job is in a queue or a dead letter$/, { days: 30 });
  });

  it("stays while its job is a dead letter, and goes when that was discarded", async () => {
    const { job, id } = await pending();
    const queue = await house.send(job, "register-image");
    const reason = { code: "x", text: "x", step: "x", time: "2026-11-22T10:00:00Z", attempts: 1 };
    await queue.deadLetter(await house.take(queue), reason);
    await staysWith(id, /dead letter/, { days: 30 });
    await queue.redrive();
    await queue.remove(await house.take(queue));
    await house.pass();
    await gone(id);
  });

  it("is deleted when its copy failed, and the log tells that a file may be left", async () => {
    const { id } = await allocate("/etc/passwd"); // not in SAFE_DIRS
    await house.site.until("ERROR", (images) => images.some(({ state }) => state === "ERROR"));
    const { removed } = await house.pass();
    assert.equal(removed.length, 1);
    await gone(id);
    const [warning] = house.lines.filter(({ level }) => level === "warn");
    assert.deepEqual([warning?.["imageId"], warning?.["datastore"]], [id, "default"]);
  });

  it("is deleted by force when OpenNebula was restarted during the copy and has forgotten it", async () => {
    const { id } = await allocate();
    await house.site.simulator.stop();
    await house.site.simulator.start();
    assert.equal((await house.site.oneadmin.image(id, signal()))?.state, "LOCKED");
    await house.pass();
    await gone(id);
  });

  it("stays when it is young: its copy may still run", async () => {
    const { id } = await allocate();
    await staysWith(id, /^it is younger than a day$/, { days: 0.9 });
  });

  const changes: readonly (readonly [
    what: string,
    change: (id: number, one: OpenNebula) => Promise<unknown> | number,
    reason: RegExp,
  ])[] = [
    ["renamed", (id, one) => one.rename(id, "mine", signal()), /^somebody renamed it$/],
    [
      "given away",
      (id, one) => one.chown(id, house.site.simulator.createUser("alice", "pw"), -1, signal()),
      /^it belongs to alice$/,
    ],
    ["opened", (id, one) => one.chmod(id, "640", signal()), /^others may use it \(mode 640\)$/],
    ["disabled", (id, one) => one.enable(id, false, signal()), /^it is DISABLED with 0 VMs$/],
    ["used by a VM", (id) => house.site.simulator.startVm(id), /^it is USED with 1 VMs$/],
  ];
  for (const [what, change, reason] of changes) {
    it(`stays when it was ${what}`, async () => {
      const { id } = await pending();
      await change(id, house.site.oneadmin);
      await staysWith(id, reason, { days: 300 });
    });
    it(`stays when it is ${what} while the janitor looks for its job`, async () => {
      const { id } = await pending();
      const bodies = async () => {
        await change(id, house.site.oneadmin);
        return [];
      };
      await staysWith(id, reason, { bodies });
    });
  }

  it("stays when its job gives it the name after all: a worker that was thought dead", async () => {
    const { id } = await pending();
    const bodies = async () => {
      await house.site.oneadmin.rename(id, IDENTIFIER, signal());
      return [];
    };
    await staysWith(id, /^it has changed since it was found$/, { bodies });
  });

  it("stays when a VM starts in the very instant", async () => {
    const { id } = await pending();
    const startVm = () => house.site.simulator.startVm(id);
    const { opennebula } = before(house.deps, "delete", startVm);
    await staysWith(id, /^OpenNebula does not delete it now: .*VMs using it/, { opennebula });
  });

  it("is none when it has the name already: it is live, even if its rights are still pending", async () => {
    await house.passUntilRegistered(house.available());
    const live = await house.live();
    assert.equal(live?.attributes.get(STATE), "pending");
    const { removed, kept } = await house.pass({ days: 300 });
    assert.ok(!removed.some(({ kind }) => kind === "pending-image"));
    assert.deepEqual(kept, []);
    assert.deepEqual(await names(), [IDENTIFIER]);
  });

  it("stays when no image has the name: an update was given up half-way, and nothing else knows the rights", async () => {
    const { id } = await pending();
    const remembered = new Map([[REMEMBERED, "uid=0 gid=0 mode=600 disabled=no"]]);
    await house.site.oneadmin.append(id, remembered, signal());
    await staysWith(id, /^no image has the name de355bfb/, { days: 300 });
  });

  it("goes beside a live image, even if rights were remembered on it", async () => {
    await house.passUntilRegistered(house.available());
    const { id } = await pending();
    const remembered = new Map([[REMEMBERED, "uid=0 gid=0 mode=600 disabled=no"]]);
    await house.site.oneadmin.append(id, remembered, signal());
    await house.pass();
    await gone(id);
    assert.deepEqual(await names(), [IDENTIFIER]);
  });

  it("earlier and expired versions, and images of others, are none of the janitor's business", async () => {
    await house.passUntilRegistered(house.available());
    await house.passUntilRegistered(house.available());
    house.site.simulator.addImage({ name: "foreign", attributes: { [STATE]: "pending" } });
    const before = await names();
    const { removed } = await house.pass({ days: 300 });
    assert.ok(!removed.some(({ kind }) => kind === "pending-image"));
    assert.deepEqual(await names(), before);
    assert.equal(before.length, 3);
  });

  it("goes once when several janitors come at the same time", async () => {
    const { id } = await pending();
    const reports = await Promise.all([house.pass(), house.pass(), house.pass()]);
    assert.deepEqual(
      reports.flatMap(({ failures }) => failures),
      [],
    );
    await gone(id);
  });

  it("an OpenNebula that goes away meanwhile is not asked about every single image", async () => {
    await pending();
    await pending();
    house.site.simulator.resetCalls();
    const bodies = async () => {
      house.site.simulator.inject({
        method: "one.image.info",
        fault: { kind: "reset" },
        times: 99,
      });
      return [];
    };
    const { removed, failures } = await house.pass({ bodies });
    assert.deepEqual(removed, []);
    assert.equal(failures.length, 1);
  });
});
