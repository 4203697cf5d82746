import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "./manual-clock.ts";
import { openSandbox } from "./sandbox.ts";

test("a deleted image keeps its NAME and answers until its file is gone, then it is as if it never was", async () => {
  const clock = createManualClock();
  await using sandbox = await openSandbox({ clock });
  const id = await sandbox.allocate();
  clock.advance(1000);
  await sandbox.reaches(id, "READY");
  await sandbox.admin.call("one.image.delete", id);
  assert.match(await sandbox.admin.call("one.image.info", id), /<STATE>7<\/STATE>/);
  await assert.rejects(sandbox.allocate(), {
    code: 16384,
    message: new RegExp(`NAME is already taken by IMAGE ${id}\\.$`),
  });
  assert.equal(await sandbox.admin.id("one.image.delete", id), id);
  assert.equal((await sandbox.stored()).length, 1);
  clock.advance(1000);
  await sandbox.simulator.waitFor(() => sandbox.simulator.images().length === 0);
  assert.deepEqual(await sandbox.stored(), []);
  await assert.rejects(sandbox.admin.call("one.image.info", id), {
    code: 1024,
    objectId: id,
    message: `[one.image.info] Error getting image [${id}].`,
  });
  assert.equal(await sandbox.allocate(), id + 1);
});

test("an image in use, being cloned or being copied is not deleted", async () => {
  const clock = createManualClock();
  await using sandbox = await openSandbox({ clock });
  const used = sandbox.simulator.addImage({ name: "used" });
  sandbox.simulator.startVm(used);
  sandbox.simulator.startVm(used);
  const cloned = sandbox.simulator.addImage({ name: "cloned", persistent: true });
  await sandbox.admin.call("one.image.clone", cloned, "clone");
  const locked = await sandbox.allocate({ name: "locked" });
  const remove = async (id: number, force: boolean) =>
    sandbox.admin.call("one.image.delete", id, force);
  await assert.rejects(remove(used, true), {
    code: 2048,
    message: "[one.image.delete] Cannot delete image. There are 2 VMs using it.",
  });
  await assert.rejects(remove(cloned, true), {
    code: 2048,
    message: "[one.image.delete] Cannot delete image. There are 1 active clone operations.",
  });
  await assert.rejects(remove(locked, false), {
    code: 8192,
    objectId: locked,
    message: /^\[one\.image\.delete\] Image locked, use --force flag/,
  });
  sandbox.simulator.startVm(locked);
  await assert.rejects(remove(locked, true), { code: 2048, message: /1 VMs using it/ });
});

test("a deletion in progress is not finished by the next oned", async () => {
  await using sandbox = await openSandbox({ deleteSeconds: 0.01 });
  const id = sandbox.simulator.addImage({ name: "web" });
  await sandbox.admin.call("one.image.delete", id);
  await sandbox.simulator.stop();
  await sandbox.simulator.start();
  assert.equal(sandbox.image(id).state, "DELETE");
  await sandbox.admin.call("one.image.delete", id);
  await sandbox.simulator.waitFor(() => sandbox.simulator.images().length === 0);
});
