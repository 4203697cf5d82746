import assert from "node:assert/strict";
import { test } from "node:test";
import { openSandbox } from "./sandbox.ts";

test("rename keeps blanks, takes the same name again, and refuses what is not allowed or there already", async () => {
  await using sandbox = await openSandbox();
  const [id, other] = [
    sandbox.simulator.addImage({ name: "web" }),
    sandbox.simulator.addImage({ name: "other" }),
  ];
  const rename = async (name: string) => sandbox.admin.id("one.image.rename", id, name);
  assert.equal(await rename("web"), id);
  await rename(" web ");
  assert.equal(sandbox.image(id).name, " web ");
  await assert.rejects(rename("a/b"), {
    code: 2048,
    message: "[one.image.rename] Invalid NAME, char '/' is not allowed",
  });
  await assert.rejects(rename("other"), {
    code: 2048,
    message: `[one.image.rename] image cannot be renamed to other because it collides with image ${other}`,
  });
  await assert.rejects(sandbox.admin.call("one.image.rename", 99_999, "x"), {
    code: 1024,
    objectId: 99_999,
  });
});

test("an update replaces the whole TEMPLATE by default, and adds or overwrites when told so", async () => {
  await using sandbox = await openSandbox();
  const id = sandbox.simulator.addImage({ name: "web", attributes: { A: "1", B: "2" } });
  const update = async (...args: readonly (string | number)[]) => {
    await sandbox.admin.call("one.image.update", id, ...args);
    return sandbox.image(id).attributes;
  };
  assert.deepEqual(await update('B="3"\nC=""', 1), { A: "1", B: "3", C: "", DEV_PREFIX: "sd" });
  assert.deepEqual(await update('NAME="x"\nSTATE="3"'), { NAME: "x", STATE: "3" });
  assert.equal(sandbox.image(id).name, "web");
  await assert.rejects(update('A="1"', 2), {
    code: 4096,
    message: "[one.image.update] Wrong update type",
  });
});

test("an update with a value that cannot be stored is answered with success and lost as a whole", async () => {
  await using sandbox = await openSandbox();
  const id = sandbox.simulator.addImage({ name: "web", attributes: { A: "1" } });
  assert.equal(
    await sandbox.admin.id("one.image.update", id, "<T><A>2</A><B>x]]&gt;y</B></T>", 1),
    id,
  );
  assert.deepEqual(sandbox.image(id).attributes, { A: "1", DEV_PREFIX: "sd" });
});

test("a plain user cannot set SOURCE by an update, nor touch what he may not manage", async () => {
  await using sandbox = await openSandbox();
  const [alice, bob] = [sandbox.user("alice"), sandbox.user("bob")];
  const id = sandbox.simulator.addImage({ name: "web", uid: alice.uid });
  await assert.rejects(alice.call("one.image.update", id, 'SOURCE="/etc/shadow"', 1), {
    code: 8192,
    message:
      "[one.image.update] Cannot update template. User Template includes a restricted attribute SOURCE",
  });
  await assert.rejects(bob.call("one.image.update", id, 'A="1"', 1), { code: 512 });
});

test("a lock refuses even oneadmin all changes, and a plain user in other words; info works", async () => {
  await using sandbox = await openSandbox();
  const alice = sandbox.user("alice");
  const id = sandbox.simulator.addImage({ name: "web", uid: alice.uid });
  await sandbox.admin.call("one.image.lock", id, 4);
  const calls = [
    ["one.image.rename", id, "x"],
    ["one.image.chmod", id, 1, 1, 0, 0, 0, 0, 0, 0, 0],
    ["one.image.chown", id, 0, 0],
    ["one.image.enable", id, false],
    ["one.image.update", id, 'A="1"', 1],
    ["one.image.delete", id],
  ] as const;
  for (const [method, ...args] of calls) {
    await assert.rejects(sandbox.admin.call(method, ...args), {
      code: 512,
      message: `[${method}] User [0] : IMAGE is locked. [${id}].`,
    });
  }
  await assert.rejects(alice.call("one.image.rename", id, "x"), {
    code: 512,
    message: /Not authorized to perform MANAGE IMAGE/,
  });
  assert.match(
    await alice.call("one.image.info", id),
    /<LOCK><LOCKED>1<\/LOCKED><OWNER>0<\/OWNER><TIME>\d+<\/TIME><REQ_ID>\d+<\/REQ_ID><\/LOCK>/,
  );
});

test("levels: 2 leaves USE, 3 leaves MANAGE, others do not exist", async () => {
  await using sandbox = await openSandbox();
  const id = sandbox.simulator.addImage({ name: "web" });
  await sandbox.admin.call("one.image.lock", id, 3);
  await sandbox.admin.call("one.image.rename", id, "x");
  await sandbox.admin.call("one.image.lock", id, 2);
  await assert.rejects(sandbox.admin.call("one.image.rename", id, "y"), { code: 512 });
  await sandbox.admin.call("one.vm.allocate", `DISK=[IMAGE_ID="${id}"]`);
  assert.equal(sandbox.image(id).lock, undefined); // READY became USED
  await assert.rejects(sandbox.admin.call("one.image.lock", id, 5), {
    code: 2048,
    message: "[one.image.lock] Wrong lock level specified",
  });
});

test("a lock is opened by who locked, or by oneadmin", async () => {
  await using sandbox = await openSandbox();
  const [alice, bob] = [sandbox.user("alice"), sandbox.user("bob")];
  const id = sandbox.simulator.addImage({ name: "web", uid: alice.uid, mode: 0o666 });
  await alice.call("one.image.lock", id, 2);
  await assert.rejects(bob.call("one.image.unlock", id), {
    code: 2048,
    message: "[one.image.unlock] Cannot unlock: Lock is owned by another user",
  });
  await sandbox.admin.call("one.image.unlock", id);
  assert.equal(sandbox.image(id).lock, undefined);
});

test("the end of a copy drops a lock", async () => {
  await using sandbox = await openSandbox({ copySeconds: 0.05 });
  const id = await sandbox.allocate();
  await sandbox.admin.call("one.image.lock", id, 1);
  assert.equal((await sandbox.reaches(id, "READY")).lock, undefined);
});
