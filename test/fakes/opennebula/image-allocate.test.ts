import assert from "node:assert/strict";
import { test } from "node:test";
import { openSandbox } from "./sandbox.ts";

test("a new image belongs to the caller and his primary group, mode 600, or what his UMASK leaves", async () => {
  await using sandbox = await openSandbox();
  const alice = sandbox.user("alice");
  const bob = sandbox.user("bob", { UMASK: "137" });
  const [first, second] = [
    await sandbox.allocate({ by: alice }),
    await sandbox.allocate({ by: bob }),
  ];
  const { uid, gid, uname, gname, mode } = sandbox.image(first);
  assert.deepEqual(
    { uid, gid, uname, gname, mode },
    { uid: alice.uid, gid: alice.gid, uname: "alice", gname: "group of alice", mode: "600" },
  );
  assert.equal(sandbox.image(second).mode, "640");
});

test("attributes that are not the image's own stay in TEMPLATE; DRIVER is dropped, FORMAT and SIZE are ignored with a PATH", async () => {
  await using sandbox = await openSandbox();
  const more =
    'UID="7"\nSTATE="3"\nSHA512="f"\nDRIVER="qcow2"\nFORMAT="qcow2"\nSIZE="9"\nFS="ext4"\nTYPE="os"\n';
  const id = await sandbox.allocate({ more });
  const { uid, attributes, sizeMb } = sandbox.image(id);
  assert.deepEqual(
    { uid, attributes, sizeMb },
    { uid: 0, attributes: { DEV_PREFIX: "sd", SHA512: "f", STATE: "3", UID: "7" }, sizeMb: 1 },
  );
  assert.match(await sandbox.admin.call("one.image.info", id), /<FS><!\[CDATA\[ext4\]\]><\/FS>/);
  assert.equal((await sandbox.reaches(id, "READY")).format, "raw");
});

test("only YES makes a persistent image, and a default of the user counts when nothing is said", async () => {
  await using sandbox = await openSandbox();
  const alice = sandbox.user("alice");
  const persistent = async (name: string, more: string) =>
    sandbox.image(await sandbox.allocate({ name, more, by: alice })).persistent;
  assert.equal(await persistent("a", 'PERSISTENT="yes"'), true);
  assert.equal(await persistent("b", 'PERSISTENT="1"'), false);
  await sandbox.admin.call(
    "one.user.update",
    alice.uid,
    'OPENNEBULA=[DEFAULT_IMAGE_PERSISTENT_NEW="YES"]',
    1,
  );
  assert.equal(await persistent("c", ""), true);
  assert.equal(await persistent("d", 'PERSISTENT="NO"'), false);
});

test("blanks at the end of a NAME are cut; 7.4.0 cuts both ends", async () => {
  await using sandbox = await openSandbox();
  await using recent = await openSandbox({ version: "7.4.0" });
  const nameIn = async ({ allocate, image }: typeof sandbox) =>
    image(await allocate({ name: " web  " })).name;
  assert.equal(await nameIn(sandbox), " web");
  assert.equal(await nameIn(recent), "web");
});

test("a NAME is unique in its owner's possession only, and case matters", async () => {
  await using sandbox = await openSandbox();
  const path = await sandbox.file("x.img", "x");
  const id = await sandbox.allocate({ path });
  await sandbox.allocate({ path, by: sandbox.user("alice") });
  await sandbox.allocate({ name: "WEB", path });
  const other = sandbox.simulator.createDatastore("other");
  const template = `NAME="web"\nPATH="${path}"\nTYPE="DATABLOCK"`;
  await assert.rejects(sandbox.admin.call("one.image.allocate", template, other), {
    code: 16384,
    message: `[one.image.allocate] Error allocating a new image. NAME is already taken by IMAGE ${id}.`,
  });
});

test("the NAME is looked at only after the size probe", async () => {
  await using sandbox = await openSandbox();
  await assert.rejects(sandbox.allocate({ name: "a/b", path: "/nowhere/x.img" }), {
    code: 8192,
    message: /cannot access/,
  });
});

test("an empty file, a relative path and a file:// URL cannot be probed", async () => {
  await using sandbox = await openSandbox();
  const path = await sandbox.file("empty.img", "");
  await assert.rejects(sandbox.allocate({ path }), {
    code: 8192,
    message: "[one.image.allocate] Cannot parse image SIZE: Runtime error during size estimation",
  });
  for (const wrong of ["x.img", `file://${path}`]) {
    await assert.rejects(sandbox.allocate({ path: wrong }), {
      code: 8192,
      message: /\(No such file or directory\)$/,
    });
  }
});

test("which files oned may read can be said", async () => {
  await using sandbox = await openSandbox({ mayRead: (path) => !path.endsWith("secret.img") });
  const path = await sandbox.file("secret.img", "x");
  await assert.rejects(sandbox.allocate({ path }), {
    code: 8192,
    message: /\(Permission denied\)$/,
  });
});

test("types that do not exist are refused, and file types belong into a FILE_DS", async () => {
  await using sandbox = await openSandbox();
  const path = await sandbox.file("x.img", "x");
  const allocate = async (type: string, datastore: number) =>
    sandbox.admin.call(
      "one.image.allocate",
      `NAME="web"\nPATH="${path}"\nTYPE="${type}"`,
      datastore,
    );
  await assert.rejects(allocate("FLOPPY", 1), { code: 16384, message: /Unknown type/ });
  await assert.rejects(allocate("KERNEL", 1), {
    code: 16384,
    message: /can only be registered in a FILE_DS/,
  });
  await allocate("KERNEL", 2);
});

test("SOURCE makes a READY image at once, for administrators only", async () => {
  await using sandbox = await openSandbox();
  const template = 'NAME="web"\nSOURCE="/ds/1/x"\nSIZE="7"\nFORMAT="qcow2"\n';
  await assert.rejects(sandbox.user("alice").call("one.image.allocate", template, 1), {
    code: 512,
    message: /restricted attribute SOURCE/,
  });
  const { state, sizeMb, format, source } = sandbox.image(
    await sandbox.admin.id("one.image.allocate", template, 1),
  );
  assert.deepEqual(
    { state, sizeMb, format, source },
    { state: "READY", sizeMb: 7, format: "qcow2", source: "/ds/1/x" },
  );
});
