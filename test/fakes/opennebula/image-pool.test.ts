import assert from "node:assert/strict";
import { test } from "node:test";
import { openSandbox, type Sandbox } from "./sandbox.ts";

test("all, a range of ids and pages are newest first; a page beyond the end is empty", async () => {
  await using sandbox = await openSandbox();
  for (const name of ["a", "b", "c", "d", "e"]) {
    sandbox.simulator.addImage({ name });
  }
  assert.deepEqual(await ids(sandbox, -2), [4, 3, 2, 1, 0]);
  assert.deepEqual(await ids(sandbox, -2, 1, 3), [3, 2, 1]);
  assert.deepEqual(await ids(sandbox, -2, 3, -1), [4, 3]);
  assert.deepEqual(await ids(sandbox, -2, 0, -2), [4, 3]);
  assert.deepEqual(await ids(sandbox, -2, 4, -2), [0]);
  assert.deepEqual(await ids(sandbox, -2, 5, -2), []);
});

test("filters: own, of the primary group, own and groups, usable, of one user", async () => {
  await using sandbox = await openSandbox();
  const [alice, bob] = [sandbox.user("alice"), sandbox.user("bob")];
  const add = (name: string, uid: number, gid: number, mode: number) =>
    sandbox.simulator.addImage({ name, uid, gid, mode });
  const own = add("own", alice.uid, alice.gid, 0o600);
  const elsewhere = add("own elsewhere", alice.uid, bob.gid, 0o600);
  const shared = add("of the group", bob.uid, alice.gid, 0o640);
  const hidden = add("hidden", bob.uid, alice.gid, 0o600);
  const open = add("open", bob.uid, bob.gid, 0o604);
  assert.deepEqual(await ids(alice, -3), [elsewhere, own]);
  assert.deepEqual(await ids(alice, -4), [shared, own]);
  assert.deepEqual(await ids(alice, -1), [shared, elsewhere, own]);
  assert.deepEqual(await ids(alice, -2), [open, shared, elsewhere, own]);
  assert.deepEqual(await ids(alice, bob.uid), [open, shared]);
  assert.deepEqual(await ids(sandbox, -2), [open, hidden, shared, elsewhere, own]);
  assert.deepEqual(await ids(sandbox, 9999), []);
});

test("an item of the pool is what info answers", async () => {
  await using sandbox = await openSandbox();
  const id = sandbox.simulator.addImage({ name: "web", attributes: { A: "x" } });
  assert.equal(
    await sandbox.admin.call("one.imagepool.info", -2, -1, -1),
    `<IMAGE_POOL>${await sandbox.admin.call("one.image.info", id)}</IMAGE_POOL>`,
  );
});

test("image -1 is the pool", async () => {
  await using sandbox = await openSandbox();
  await assert.rejects(sandbox.admin.call("one.image.info", -1), {
    code: 1024,
    message: "[one.image.info] Error getting image Pool.",
  });
});

async function ids(
  of: Sandbox | Sandbox["admin"],
  filter: number,
  start = -1,
  end = -1,
): Promise<number[]> {
  const client = "admin" in of ? of.admin : of;
  const pool = await client.call("one.imagepool.info", filter, start, end);
  return [...pool.matchAll(/<IMAGE><ID>(\d+)</g)].map(([, id]) => Number(id));
}
