import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { conceal, readSession } from "../../../functions/shared/opennebula/session.ts";
import { temporaryDirectory } from "../../fakes/temporary-directory.ts";

const directory = await temporaryDirectory({ after });
const file = join(directory, "one_auth");

for (const [content, session] of [
  ["oneadmin:secret\n", "oneadmin:secret"],
  ["oneadmin:secret", "oneadmin:secret"],
  ["oneadmin:secret\r\n", "oneadmin:secret"],
  ["oneadmin:se:cr:et\nsecond line\n", "oneadmin:se:cr:et"],
  ["user:pässword\n", "user:pässword"],
] as const) {
  test(`the first line of ${JSON.stringify(content)} is the session`, async () => {
    writeFileSync(file, content);
    assert.equal(await readSession(file), session);
  });
}

test("a changed file counts at once", async () => {
  writeFileSync(file, "a:one");
  assert.equal(await readSession(file), "a:one");
  writeFileSync(file, "a:two");
  assert.equal(await readSession(file), "a:two");
});

for (const [content, problem] of [
  ["", /is empty/],
  ["\noneadmin:topsecret", /starts with an empty line/],
  ["topsecret", /user:password/],
  [":topsecret", /user:password/],
  ["oneadmin:", /user:password/],
  ["oneadmin:topsecret\u0007", /a character that OpenNebula does not take/],
  ["oneadmin:topsecret😀", /a character that OpenNebula does not take/],
] as const) {
  test(`a file with ${JSON.stringify(content)} is refused without showing it`, async () => {
    writeFileSync(file, content);
    await assert.rejects(readSession(file), ({ message }: Error) => {
      assert.match(message, problem);
      assert.ok(message.includes(file));
      assert.doesNotMatch(message, /topsecret/);
      return true;
    });
  });
}

test("a missing file and a directory are told apart", async () => {
  await assert.rejects(readSession(join(directory, "nope")), /nope does not exist$/);
  await assert.rejects(readSession(directory), /is a directory$/);
  await assert.rejects(readSession("/proc/self/mem"), /cannot be read: E\w+$/);
});

test("conceal hides the session and a long password, not ordinary words", () => {
  assert.equal(
    conceal("a oneadmin:longpass b longpass c oneadmin", "oneadmin:longpass"),
    "a *** b *** c oneadmin",
  );
  assert.equal(conceal("Error getting image [5]", "u:image"), "Error getting image [5]");
  assert.equal(conceal("nothing", ""), "nothing");
});
