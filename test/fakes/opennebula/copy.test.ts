import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openSandbox, type Sandbox } from "./sandbox.ts";

test("an image is LOCKED without SOURCE and FORMAT while it is copied, then READY with the same content", async () => {
  await using sandbox = await openSandbox();
  const content = Buffer.concat([Buffer.from("start"), Buffer.alloc(3 * MIB), Buffer.from("end")]);
  const id = await allocate(sandbox, { path: await sandbox.file("x.img", content) });
  const { state, source, format, sizeMb } = sandbox.image(id);
  assert.deepEqual(
    { state, source, format, sizeMb },
    { state: "LOCKED", source: "", format: "", sizeMb: 4 },
  );
  const ready = await sandbox.reaches(id, "READY");
  assert.match(ready.source, /\/datastores\/1\/[0-9a-f]{32}$/);
  assert.equal(ready.source, sandbox.simulator.sourceOf(id));
  assert.ok((await readFile(ready.source)).equals(content));
});

test("holes stay holes", async () => {
  await using sandbox = await openSandbox();
  const path = await sandbox.file("x.img", "start");
  await truncate(path, 20 * MIB);
  const { source } = await sandbox.reaches(await allocate(sandbox, { path }), "READY");
  const { size, blocks } = await stat(source);
  assert.equal(size, 20 * MIB);
  assert.ok(blocks * 512 <= 2 * MIB, `${blocks} blocks`);
});

test("the size and format of a qcow2 are its own", async () => {
  await using sandbox = await openSandbox();
  const header = Buffer.alloc(512);
  header.write("QFI\u00fb", "latin1");
  header.writeBigUInt64BE(BigInt(7 * MIB + 1), 24);
  const id = await allocate(sandbox, { path: await sandbox.file("x.qcow2", header) });
  const { sizeMb, format } = await sandbox.reaches(id, "READY");
  assert.deepEqual({ sizeMb, format }, { sizeMb: 8, format: "qcow2" });
});

test("a path outside of SAFE_DIRS is allocated and ends in ERROR, also when a link or .. leads there", async () => {
  await using sandbox = await openSandbox();
  const outside = join(sandbox.directory, "outside.img");
  await writeFile(outside, "x");
  const link = join(sandbox.directory, "safe/link.img");
  await symlink(outside, link);
  for (const path of [outside, link, join(sandbox.directory, "safe") + "/../outside.img"]) {
    const { attributes, source } = await sandbox.reaches(
      await allocate(sandbox, { path }),
      "ERROR",
    );
    assert.match(attributes["ERROR"] ?? "", ERROR_LEAD);
    assert.ok(
      attributes["ERROR"]?.endsWith(
        `: Not allowed to copy image from ${path}, check RESTRICTED_DIRS in your datastore`,
      ),
    );
    assert.equal(source, "");
  }
  assert.deepEqual(await sandbox.stored(), []);
});

test("SAFE_DIRS are prefixes: a neighbour whose name begins the same is safe too; they can be changed", async () => {
  await using sandbox = await openSandbox();
  const path = join(sandbox.directory, "safer/x.img");
  await mkdir(join(sandbox.directory, "safer"));
  await writeFile(path, "x");
  await sandbox.reaches(await allocate(sandbox, { path }), "READY");
  await sandbox.admin.call("one.datastore.update", 1, 'SAFE_DIRS="/elsewhere"', 1);
  await sandbox.reaches(await allocate(sandbox, { path }), "ERROR");
});

test("a wrong MD5 or SHA1 ends in ERROR and leaves the copy behind; deleting the image does not remove it", async () => {
  await using sandbox = await openSandbox();
  const path = await sandbox.file("x.img", "x");
  for (const more of [
    'MD5="0"',
    'SHA1="0"',
    `MD5="${digest("md5", "x").toUpperCase()}"`,
    `MD5="${digest("md5", "x")}"\nSHA1="0"`,
  ]) {
    const id = await allocate(sandbox, { path, more });
    const { attributes } = await sandbox.reaches(id, "ERROR");
    assert.match(
      attributes["ERROR"] ?? "",
      new RegExp(`: Error copying ${path} to ${sandbox.directory}/datastores/1/[0-9a-f]{32}$`),
    );
    await sandbox.admin.call("one.image.delete", id);
    assert.throws(() => sandbox.image(id), /there is no image/);
  }
  assert.equal((await sandbox.stored()).length, 4);
});

test("right digests are taken, of both only SHA1 counts, and SHA512 is not looked at", async () => {
  await using sandbox = await openSandbox();
  const path = await sandbox.file("x.img", "x");
  for (const more of [
    `MD5="${digest("md5", "x")}"`,
    `SHA1="${digest("sha1", "x")}"\nMD5="0"`,
    'SHA512="0"\nSHA256="0"',
  ]) {
    await sandbox.reaches(await allocate(sandbox, { path, more }), "READY");
  }
});

test("a file that is removed, or closed to oned, before the copy ends in ERROR", async () => {
  await using sandbox = await openSandbox({ copySeconds: 0.05 });
  const gone = await sandbox.file("gone.img", "x");
  const closed = await sandbox.file("closed.img", "x");
  const ids = [await allocate(sandbox, { path: gone }), await allocate(sandbox, { path: closed })];
  await rm(gone);
  await chmod(closed, 0);
  for (const id of ids) {
    await sandbox.reaches(id, "ERROR");
  }
});

test("a directory, a tar and a path with a single quote end in ERROR; blanks and the like do not", async () => {
  await using sandbox = await openSandbox();
  const tar = Buffer.alloc(1024);
  tar.write("ustar", 257);
  const bad = [
    join(sandbox.directory, "safe"),
    await sandbox.file("x.tar", tar),
    await sandbox.file("it's.img", "x"),
  ];
  for (const path of bad) {
    await sandbox.reaches(await allocate(sandbox, { path }), "ERROR");
  }
  await sandbox.reaches(
    await allocate(sandbox, { path: await sandbox.file("a & $(b) <ü>.img", "x") }),
    "READY",
  );
});

test("what a real driver would unpack is kept as it is and noted", async () => {
  await using sandbox = await openSandbox();
  const contents = { gzip: "1f8b08", xz: "fd377a585a00", bzip2: "425a68" };
  for (const [compression, magic] of Object.entries(contents)) {
    const id = await allocate(sandbox, {
      path: await sandbox.file("x", Buffer.from(magic, "hex")),
    });
    assert.equal((await sandbox.reaches(id, "READY")).compression, compression);
  }
});

test("an oned that was killed during a copy leaves the image LOCKED for ever; only force deletes it", async () => {
  await using sandbox = await openSandbox();
  const path = await sandbox.file("x.img", "x");
  const locked = await allocate(sandbox, { path });
  await sandbox.simulator.stop();
  await sandbox.simulator.start();
  await sandbox.reaches(await allocate(sandbox, { path }), "READY"); // a later copy ends, the earlier one would have too
  assert.equal(sandbox.image(locked).state, "LOCKED");
  await assert.rejects(sandbox.admin.call("one.image.delete", locked), {
    code: 8192,
    objectId: locked,
  });
  await sandbox.admin.call("one.image.delete", locked, true);
  await assert.rejects(sandbox.admin.call("one.image.info", locked), { code: 1024 });
});

test("a copy that ends after its image was deleted by force leaves its file", async () => {
  await using sandbox = await openSandbox();
  const id = await allocate(sandbox, { path: await sandbox.file("x.img", "x") });
  await sandbox.admin.call("one.image.delete", id, true);
  await assert.rejects(sandbox.admin.call("one.image.info", id), { code: 1024 });
  for (let files = 0; files === 0; files = (await sandbox.stored()).length) {
    await sandbox.simulator.waitFor(() => true);
  }
});

test("6.10 says more about a failed digest", async () => {
  await using sandbox = await openSandbox({ version: "6.10.5" });
  const id = await allocate(sandbox, { path: await sandbox.file("x.img", "x"), more: 'MD5="0"' });
  assert.match(
    (await sandbox.reaches(id, "ERROR")).attributes["ERROR"] ?? "",
    /Hash does not match/,
  );
});

let names = 0;

function allocate(sandbox: Sandbox, file: { readonly path: string; readonly more?: string }) {
  return sandbox.allocate({ name: `image ${names++}`, ...file });
}

function digest(algorithm: string, text: string): string {
  return createHash(algorithm).update(text).digest("hex");
}

const MIB = 1024 * 1024;
const ERROR_LEAD =
  /^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4} : Error copying image in the datastore: /;
