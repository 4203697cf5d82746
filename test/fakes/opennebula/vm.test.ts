import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "./manual-clock.ts";
import { openSandbox } from "./sandbox.ts";

test("VMs keep an image in use until the last one ends", async () => {
  await using sandbox = await openSandbox();
  const id = sandbox.simulator.addImage({ name: "web" });
  const [first, second] = [
    await sandbox.admin.id("one.vm.allocate", `DISK=[IMAGE_ID="${id}"]`, true),
    sandbox.simulator.startVm(id),
  ];
  assert.deepEqual([sandbox.image(id).state, sandbox.image(id).vms], ["USED", [first, second]]);
  await sandbox.admin.call("one.vm.action", "poweroff", first);
  await sandbox.admin.call("one.vm.action", "terminate-hard", first);
  assert.equal(sandbox.image(id).state, "USED");
  sandbox.simulator.stopVm(second);
  assert.deepEqual([sandbox.image(id).state, sandbox.image(id).vms], ["READY", []]);
  assert.match(await sandbox.admin.call("one.vm.info", first), /<STATE>6<\/STATE>/);
});

test("an image that is taken while it is copied is LOCKED_USED, then USED; LOCKED again when the VM ends first", async () => {
  const clock = createManualClock();
  await using sandbox = await openSandbox({ clock });
  const ids = [
    await sandbox.allocate({ name: "plain" }),
    await sandbox.allocate({ name: "persistent", more: 'PERSISTENT="YES"' }),
    await sandbox.allocate({ name: "left" }),
  ] as const;
  const states = () => ids.map((id) => sandbox.image(id).state);
  const [, , vm] = ids.map((id) => sandbox.simulator.startVm(id));
  assert.deepEqual(states(), ["LOCKED_USED", "LOCKED_USED_PERS", "LOCKED_USED"]);
  sandbox.simulator.stopVm(vm ?? -1);
  assert.equal(sandbox.image(ids[2]).state, "LOCKED");
  clock.advance(1000);
  await sandbox.simulator.waitFor(() => states().every((state) => !state.startsWith("LOCKED")));
  assert.deepEqual(states(), ["USED", "USED_PERS", "READY"]);
});

test("a persistent image is used by one VM at a time", async () => {
  await using sandbox = await openSandbox();
  const id = sandbox.simulator.addImage({ name: "web", persistent: true });
  const vm = sandbox.simulator.startVm(id);
  assert.equal(sandbox.image(id).state, "USED_PERS");
  assert.throws(() => sandbox.simulator.startVm(id), /Cannot acquire image/);
  sandbox.simulator.stopVm(vm);
  assert.equal(sandbox.image(id).state, "READY");
});

test("a VM survives that its image is renamed and given away; a new one of the old owner is refused", async () => {
  await using sandbox = await openSandbox();
  const alice = sandbox.user("alice");
  const id = sandbox.simulator.addImage({ name: "web", uid: alice.uid, gid: alice.gid });
  const vm = await alice.id("one.vm.allocate", 'DISK=[IMAGE="web"]');
  await sandbox.admin.call("one.image.rename", id, "web_old");
  await sandbox.admin.call("one.image.chown", id, 0, 0);
  assert.deepEqual(sandbox.image(id).vms, [vm]);
  await assert.rejects(alice.call("one.vm.allocate", `DISK=[IMAGE_ID="${id}"]`), {
    code: 512,
    message: `[one.vm.allocate] User [${alice.uid}] : Not authorized to perform USE IMAGE [${id}].`,
  });
  await assert.rejects(alice.call("one.vm.allocate", 'DISK=[IMAGE="web"]'), {
    message: /does not own an image with name: web/,
  });
  await alice.call("one.vm.action", "terminate", vm);
  assert.equal(sandbox.image(id).state, "READY");
});

test("of several images all or none are taken", async () => {
  await using sandbox = await openSandbox();
  const [good, bad] = [
    sandbox.simulator.addImage({ name: "good" }),
    sandbox.simulator.addImage({ name: "bad", state: "DISABLED" }),
  ];
  await assert.rejects(
    sandbox.admin.call("one.vm.allocate", `DISK=[IMAGE_ID="${good}"]\nDISK=[IMAGE_ID="${bad}"]`),
    {
      code: 8192,
      message: `[one.vm.allocate] DISK 1: Cannot acquire image ${bad}, it is in state: DISABLED`,
    },
  );
  assert.equal(sandbox.image(good).state, "READY");
  await assert.rejects(sandbox.admin.call("one.vm.info", 7), { code: 1024 });
});

test("an image that is not persistent is USED while it is cloned, and the clone has the same content", async () => {
  await using sandbox = await openSandbox();
  const id = await sandbox.allocate({ more: 'A="1"' });
  await assert.rejects(sandbox.admin.call("one.image.clone", id, "copy"), { code: 8192 });
  const { source } = await sandbox.reaches(id, "READY");
  const clone = await sandbox.admin.id("one.image.clone", id, "copy");
  assert.equal(sandbox.image(id).state, "USED");
  const { path, attributes } = await sandbox.reaches(clone, "READY");
  assert.deepEqual([path, attributes["A"], sandbox.image(id).state], [source, "1", "READY"]);
});
