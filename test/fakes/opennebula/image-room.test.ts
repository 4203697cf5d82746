import assert from "node:assert/strict";
import { test } from "node:test";
import { openSandbox } from "./sandbox.ts";

test("free space is that of the last monitoring; an administrator may skip the check, for others the argument is ignored", async () => {
  await using sandbox = await openSandbox();
  const path = await sandbox.file("x.img", "x");
  sandbox.simulator.setFreeMb(1, 0);
  const noSpace = { code: 2048, message: "[one.image.allocate] Not enough space in datastore" };
  await assert.rejects(sandbox.admin.call("one.image.allocate", kv({ path }), 1), noSpace);
  await assert.rejects(
    sandbox.user("alice").call("one.image.allocate", kv({ path }), 1, true),
    noSpace,
  );
  await sandbox.admin.call("one.image.allocate", kv({ path }), 1, true);
});

test("a datastore that the user may not use is neither listed nor taken", async () => {
  await using sandbox = await openSandbox();
  const path = await sandbox.file("x.img", "x");
  const alice = sandbox.user("alice");
  const closed = sandbox.simulator.createDatastore("closed", { usableBy: [] });
  assert.doesNotMatch(await alice.call("one.datastorepool.info"), /closed/);
  await assert.rejects(alice.call("one.image.allocate", kv({ path }), closed), {
    code: 512,
    message: `[one.image.allocate] User [${alice.uid}] : Not authorized to perform USE DATASTORE [${closed}].`,
  });
  await sandbox.admin.call("one.image.allocate", kv({ path }), closed);
});

test("a user's and a group's quota count, by number and by size", async () => {
  await using sandbox = await openSandbox();
  const path = await sandbox.file("x.img", "x");
  const alice = sandbox.user("alice");
  const allocate = async (name: string) => alice.call("one.image.allocate", kv({ name, path }), 1);
  await sandbox.admin.call("one.group.quota", alice.gid, 'DATASTORE=[ID="1",IMAGES="-2",SIZE="1"]');
  await allocate("a");
  await assert.rejects(allocate("b"), {
    code: 512,
    message: new RegExp(
      `group \\[${alice.gid}\\] limit of 1 reached for SIZE quota in DATASTORE with ID: 1\\.$`,
    ),
  });
  await sandbox.admin.call("one.user.quota", alice.uid, 'DATASTORE=[ID="1",IMAGES="1",SIZE="-2"]');
  await assert.rejects(allocate("b"), {
    code: 512,
    message: /user \[2\] limit of 1 reached for IMAGES quota/,
  });
  assert.match(
    await alice.call("one.user.info", -1),
    /<IMAGES><!\[CDATA\[1\]\]><\/IMAGES><IMAGES_USED><!\[CDATA\[1\]\]><\/IMAGES_USED>/,
  );
});

test("oneadmin has no quota", async () => {
  await using sandbox = await openSandbox();
  await sandbox.admin.call("one.user.quota", 0, 'DATASTORE=[ID="1",IMAGES="0",SIZE="0"]');
  await sandbox.admin.call("one.image.allocate", kv({ path: await sandbox.file("x.img", "x") }), 1);
});

function kv({ name = "web", path }: { readonly name?: string; readonly path: string }): string {
  return `NAME="${name}"\nPATH="${path}"\n`;
}
