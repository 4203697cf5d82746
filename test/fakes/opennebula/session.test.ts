import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestClient } from "./client.ts";
import { openSandbox } from "./sandbox.ts";

test("a wrong password, an unknown user, no colon, a line end and a hash are all refused alike, before arguments are looked at", async () => {
  await using sandbox = await openSandbox();
  const sessions = [
    "oneadmin:wrong",
    "nobody:x",
    "oneadmin",
    "",
    "oneadmin:opennebula\n",
    "ONEADMIN:opennebula",
    "serveradmin:serveradmin",
  ];
  for (const session of sessions) {
    const client = createTestClient(sandbox.simulator.url, session);
    await assert.rejects(client.call("one.image.allocate"), {
      code: 256,
      message: "[one.image.allocate] User couldn't be authenticated, aborting call.",
    });
  }
});

test("the session is split at the first colon", async () => {
  await using sandbox = await openSandbox();
  sandbox.simulator.createUser("alice", "a:b");
  assert.equal(
    await createTestClient(sandbox.simulator.url, "alice:a:b").call("one.system.version"),
    "7.0.2",
  );
});

test("a plain user sees himself and his groups only, oneadmin everybody", async () => {
  await using sandbox = await openSandbox();
  const alice = sandbox.user("alice");
  sandbox.user("bob");
  assert.deepEqual(namesIn(await alice.call("one.userpool.info")), ["alice"]);
  assert.deepEqual(namesIn(await alice.call("one.grouppool.info")), ["group of alice"]);
  assert.deepEqual(namesIn(await sandbox.admin.call("one.userpool.info")), [
    "bob",
    "alice",
    "serveradmin",
    "oneadmin",
  ]);
  assert.match(
    await alice.call("one.user.info", -1),
    new RegExp(`^<USER><ID>${alice.uid}</ID><GID>${alice.gid}</GID>`),
  );
  await assert.rejects(alice.call("one.user.info", 0), { code: 512 });
  await assert.rejects(sandbox.admin.call("one.user.info", 9999), {
    code: 1024,
    objectId: 9999,
    message: "[one.user.info] Error getting user [9999].",
  });
});

test("ids of users are never given twice, names are once the user is gone", async () => {
  await using sandbox = await openSandbox();
  const first = sandbox.simulator.createUser("alice", "pw");
  await sandbox.admin.call("one.user.delete", first);
  assert.equal(sandbox.simulator.createUser("alice", "pw"), first + 1);
});

test("a user's primary group can be changed; a missing group is named", async () => {
  await using sandbox = await openSandbox();
  const alice = sandbox.user("alice");
  const group = sandbox.simulator.createGroup("other");
  await assert.rejects(sandbox.admin.call("one.user.chgrp", alice.uid, 9999), {
    code: 1024,
    objectId: 9999,
  });
  await assert.rejects(alice.call("one.user.chgrp", alice.uid, group), { code: 512 });
  await sandbox.admin.call("one.user.chgrp", alice.uid, group);
  assert.match(await alice.call("one.user.info", -1), new RegExp(`<GID>${group}</GID>`));
  assert.match(await alice.call("one.group.info", -1), /<NAME>other<\/NAME>/);
});

test("without a leader reads are answered, writes and the version are not", async () => {
  await using sandbox = await openSandbox();
  const id = sandbox.simulator.addImage({ name: "web" });
  sandbox.simulator.setElection(true);
  for (const [method, ...args] of [
    ["one.system.version"],
    ["one.image.rename", id, "x"],
    ["one.image.allocate", "", 1],
  ] as const) {
    await assert.rejects(sandbox.admin.call(method, ...args), {
      code: 8192,
      message: `[${method}] Cannot process request, oned cluster in election mode`,
    });
  }
  assert.match(await sandbox.admin.call("one.image.info", id), /<NAME>web<\/NAME>/);
  assert.match(await sandbox.admin.call("one.imagepool.info", -2, -1, -1), /<NAME>web<\/NAME>/);
  assert.match(
    await sandbox.admin.call("one.zone.raftstatus"),
    /<SERVER_ID>0<\/SERVER_ID><STATE>1<\/STATE>/,
  );
});

test("in a disabled zone reads are answered and writes are not", async () => {
  await using sandbox = await openSandbox();
  const id = sandbox.simulator.addImage({ name: "web" });
  sandbox.simulator.setZoneDisabled(true);
  await assert.rejects(sandbox.admin.call("one.image.chmod", id, 1, 1, 1, 0, 0, 0, 0, 0, 0), {
    code: 8192,
    message: /zone disabled$/,
  });
  assert.match(await sandbox.admin.call("one.zone.info", 0), /<STATE>1<\/STATE>/);
  assert.equal(await sandbox.admin.call("one.system.version"), "7.0.2");
});

test("other versions can be asked for", async () => {
  await using old = await openSandbox({ version: "6.10.5" });
  const id = old.simulator.addImage({ name: "web" });
  assert.equal(await old.admin.call("one.system.version"), "6.10.5");
  assert.doesNotMatch(await old.admin.call("one.image.info", id), /MODTIME/);
  assert.match(await old.admin.call("one.datastore.info", 1), /<TM_MAD><!\[CDATA\[ssh\]\]>/);
  await using recent = await openSandbox({ version: "7.4.0" });
  assert.match(await recent.admin.call("one.zone.info", 0), /ENDPOINT_GRPC/);
});

function namesIn(xml: string): string[] {
  return [...xml.matchAll(/<NAME>([^<]*)<\/NAME>/g)].map(([, name]) => name ?? "");
}
