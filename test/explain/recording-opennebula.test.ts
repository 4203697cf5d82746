import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  recordingOpenNebula,
  type BareCall,
} from "../../functions/explain/recording-opennebula.ts";
import { RpcFault } from "../../functions/shared/opennebula/rpc-errors.ts";
import type { OpenNebula } from "../../functions/shared/opennebula/opennebula.ts";
import { createSite, type Site } from "../fakes/site.ts";

const signal = () => AbortSignal.timeout(10_000);

describe("an OpenNebula of a rehearsal", () => {
  let site: Site;
  let file: string;
  let taken: number;
  let ofAlice: number;
  let used: number;
  let alice: number;
  before(async () => {
    site = await createSite();
    file = join(site.config.home, "disk");
    await writeFile(file, "a disk", { mode: 0o644 });
    alice = site.simulator.createUser("alice", "alicepw");
    taken = site.simulator.addImage({ name: "taken", attributes: { A: "1", B: "2" } });
    ofAlice = site.simulator.addImage({ name: "taken", uid: alice });
    used = site.simulator.addImage({ name: "used" });
    site.simulator.startVm(used);
  });
  after(() => site.close());

  const rehearsal = async () => {
    const calls: BareCall[] = [];
    const one = await recordingOpenNebula(site.oneadmin, (call) => calls.push(call), signal());
    return { one, calls };
  };

  const refusals: readonly [string, (one: OpenNebula) => Promise<unknown>][] = [
    [
      "a new image of a name that its owner has",
      (one) =>
        one.allocate(
          { name: "taken", path: file, datastoreId: 1, attributes: new Map() },
          signal(),
        ),
    ],
    ["a rename to a name that is taken", (one) => one.rename(used, "taken", signal())],
    ["an owner who has an image of the name", (one) => one.chown(taken, alice, -1, signal())],
    ["disabling an image in use", (one) => one.enable(used, false, signal())],
    ["a change of an image that is gone", (one) => one.chmod(4711, "600", signal())],
  ];
  for (const [what, call] of refusals) {
    it(`refuses as the real one does: ${what}`, async () => {
      const { one, calls } = await rehearsal();
      const [real, rehearsed] = await Promise.all([site.oneadmin, one].map(faultOf(call)));
      assert.deepEqual(rehearsed, real);
      assert.equal(calls.length, 1);
      assert.equal(calls[0]?.refused, real?.message);
    });
  }

  it("changes its copy as the real one would be changed, and nothing else", async () => {
    const { one, calls } = await rehearsal();
    const before = await site.images();
    await one.rename(taken, "renamed", signal());
    await one.chown(taken, alice, -1, signal());
    await one.chown(taken, -1, 1, signal());
    await one.chmod(taken, "640", signal());
    await one.enable(taken, false, signal());
    const attributes = new Map([["A", "]]>"], ["B", ""], ["C", " 3 "]]); // prettier-ignore
    await one.append(taken, attributes, signal());
    await one.append(taken, new Map(), signal());
    const id = await one.allocate(
      { name: "new", path: "/x", datastoreId: 1, attributes: new Map([["D", "4"]]) },
      signal(),
    );
    await one.delete(ofAlice, true, signal());

    const changed = await one.image(taken, signal());
    assert.ok(changed);
    const { name, uid, gid, mode, state } = changed;
    assert.deepEqual([name, uid, gid, mode, state], ["renamed", alice, 1, "640", "DISABLED"]);
    assert.deepEqual(Object.fromEntries(changed.attributes), {
      A: "]] >",
      C: "3",
      DEV_PREFIX: "sd",
    });
    const made = await one.image(id, signal());
    assert.deepEqual([made?.state, made?.uid, made?.mode], ["READY", 0, "600"]);
    const pool = await one.images(signal());
    assert.deepEqual(
      pool.map((image) => image.id),
      [id, used, taken],
    );
    assert.deepEqual(
      calls.map(({ method, image }) => [method, image]),
      [
        ["one.image.rename", taken],
        ["one.image.chown", taken],
        ["one.image.chown", taken],
        ["one.image.chmod", taken],
        ["one.image.enable", taken],
        ["one.image.update", taken],
        ["one.image.allocate", undefined],
        ["one.image.delete", ofAlice],
      ],
    );
    assert.deepEqual(await site.images(), before);
  });
});

function faultOf(call: (one: OpenNebula) => Promise<unknown>) {
  return async (one: OpenNebula) => {
    try {
      await call(one);
    } catch (error) {
      assert.ok(error instanceof RpcFault, String(error));
      return { code: error.code, message: error.message };
    }
    return assert.fail("it was not refused");
  };
}
