import assert from "node:assert/strict";
import { test } from "node:test";
import { openSandbox } from "./sandbox.ts";

test("-1 keeps the user or the group; the same owner again is no change", async () => {
  await using sandbox = await openSandbox();
  const alice = sandbox.user("alice");
  const id = sandbox.simulator.addImage({ name: "web" });
  const owner = async (uid: number, gid: number) => {
    await sandbox.admin.call("one.image.chown", id, uid, gid);
    const { uid: newUid, gid: newGid, uname, gname } = sandbox.image(id);
    return [newUid, newGid, uname, gname];
  };
  assert.deepEqual(await owner(alice.uid, -1), [alice.uid, 0, "alice", "oneadmin"]);
  assert.deepEqual(await owner(-1, alice.gid), [alice.uid, alice.gid, "alice", "group of alice"]);
  assert.deepEqual(await owner(alice.uid, alice.gid), [
    alice.uid,
    alice.gid,
    "alice",
    "group of alice",
  ]);
  assert.deepEqual(await owner(-1, -1), [alice.uid, alice.gid, "alice", "group of alice"]);
});

test("both parts are checked before anything changes: user, then group, then image", async () => {
  await using sandbox = await openSandbox();
  const alice = sandbox.user("alice");
  const id = sandbox.simulator.addImage({ name: "web" });
  const chown = async (image: number, uid: number, gid: number) =>
    sandbox.admin.call("one.image.chown", image, uid, gid);
  await assert.rejects(chown(99_999, 9999, 9998), {
    code: 1024,
    objectId: 9999,
    message: /Error getting user \[9999\]/,
  });
  await assert.rejects(chown(99_999, alice.uid, 9998), {
    code: 1024,
    objectId: 9998,
    message: /Error getting group \[9998\]/,
  });
  await assert.rejects(chown(99_999, alice.uid, alice.gid), {
    code: 1024,
    objectId: 99_999,
    message: /Error getting image \[99999\]/,
  });
  await assert.rejects(chown(id, alice.uid, 9998), { code: 1024 });
  assert.equal(sandbox.image(id).uid, 0);
  await assert.rejects(chown(id, -2, -1), {
    code: 512,
    message: "[one.image.chown] User [0] : User not found.",
  });
});

test("a NAME that the new owner has already is in the way, but only when the owner changes", async () => {
  await using sandbox = await openSandbox();
  const alice = sandbox.user("alice");
  const theirs = sandbox.simulator.addImage({ name: "web", uid: alice.uid });
  const ours = sandbox.simulator.addImage({ name: "web" });
  await assert.rejects(sandbox.admin.call("one.image.chown", theirs, 0, 0), {
    code: 8192,
    message: `[one.image.chown] user [0] already owns image [${ours}] with NAME web`,
  });
  assert.equal(sandbox.image(theirs).gid, alice.gid);
  await sandbox.admin.call("one.image.chown", theirs, -1, 0);
  await sandbox.admin.call("one.image.chown", theirs, alice.uid, alice.gid);
});

test("an image keeps the names of an owner who was deleted; giving it to him again fails", async () => {
  await using sandbox = await openSandbox();
  const alice = sandbox.user("alice");
  const id = sandbox.simulator.addImage({ name: "web", uid: alice.uid });
  await sandbox.admin.call("one.user.delete", alice.uid);
  await assert.rejects(sandbox.admin.call("one.image.chown", id, alice.uid, -1), {
    code: 1024,
    objectId: alice.uid,
  });
  assert.equal(sandbox.image(id).uname, "alice");
});

test("who may MANAGE an image may take it, but give it to nobody else and into no other group", async () => {
  await using sandbox = await openSandbox();
  const [alice, bob] = [sandbox.user("alice"), sandbox.user("bob")];
  const id = sandbox.simulator.addImage({ name: "web", mode: 0o602 });
  await alice.call("one.image.chown", id, alice.uid, alice.gid);
  await assert.rejects(alice.call("one.image.chown", id, bob.uid, bob.gid), {
    code: 512,
    message: `[one.image.chown] User [${alice.uid}] : Not authorized to perform MANAGE USER [${bob.uid}]; Not authorized to perform USE GROUP [${bob.gid}].`,
  });
  await sandbox.admin.call("one.image.chown", id, alice.uid, -1);
  await sandbox.admin.call("one.image.chmod", id, 1, 1, 0, 0, 0, 0, 0, 0, 0);
  await assert.rejects(bob.call("one.image.chown", id, bob.uid, -1), {
    code: 512,
    message: /Not authorized to perform MANAGE IMAGE/,
  });
});

test("giving an image away frees the quota that is in the way of the next", async () => {
  await using sandbox = await openSandbox();
  const alice = sandbox.user("alice");
  const [old, fresh] = [
    sandbox.simulator.addImage({ name: "old", uid: alice.uid }),
    sandbox.simulator.addImage({ name: "new" }),
  ];
  await sandbox.admin.call("one.user.quota", alice.uid, 'DATASTORE=[ID="1",IMAGES="1",SIZE="-2"]');
  await assert.rejects(sandbox.admin.call("one.image.chown", fresh, alice.uid, -1), {
    code: 512,
    message: /limit of 1 reached for IMAGES quota/,
  });
  await sandbox.admin.call("one.image.chown", old, 0, 0);
  await sandbox.admin.call("one.image.chown", fresh, alice.uid, -1);
});

test("chmod changes what is not -1", async () => {
  await using sandbox = await openSandbox();
  const id = sandbox.simulator.addImage({ name: "web", mode: 0o640 });
  await sandbox.admin.call("one.image.chmod", id, -1, -1, 1, 0, 1, -1, 1, -1, -1);
  assert.equal(sandbox.image(id).mode, "724");
  await assert.rejects(sandbox.admin.call("one.image.chmod", id, 1, 1, 1, 0, 0, 0, 0, 0), {
    code: -501,
    message: "Not enough parameters",
  });
  await sandbox.admin.call("one.image.chmod", id, 1, 1, 1, 0, 0, 0, 0, 0, 0, true);
  assert.equal(sandbox.image(id).mode, "700");
});

test("an owner may not change an ADMIN bit, oneadmin and the members of his group may", async () => {
  await using sandbox = await openSandbox();
  const alice = sandbox.user("alice");
  const deputy = sandbox.user("deputy");
  await sandbox.admin.call("one.user.chgrp", deputy.uid, 0);
  const id = sandbox.simulator.addImage({ name: "web", uid: alice.uid });
  await alice.call("one.image.chmod", id, 1, 1, 0, 1, 0, 0, 0, 0, 0);
  await assert.rejects(alice.call("one.image.chmod", id, 1, 1, 1, 0, 0, 0, 0, 0, 0), {
    code: 512,
    message: `[one.image.chmod] User [${alice.uid}] : Not authorized to perform ADMIN IMAGE [${id}].`,
  });
  await deputy.call("one.image.chmod", id, 1, 1, 1, 0, 0, 0, 0, 0, 0);
  assert.equal(sandbox.image(id).mode, "700");
});

test("mode 000 locks the owner out, not oneadmin", async () => {
  await using sandbox = await openSandbox();
  const alice = sandbox.user("alice");
  const id = sandbox.simulator.addImage({ name: "web", uid: alice.uid, mode: 0 });
  await assert.rejects(alice.call("one.image.info", id), { code: 512 });
  await sandbox.admin.call("one.image.info", id);
});
