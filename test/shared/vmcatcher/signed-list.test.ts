import assert from "node:assert/strict";
import { it } from "node:test";
import { readSignedList } from "../../../functions/shared/vmcatcher/signed-list.ts";
import { signedList } from "../../fakes/vmcatcher/image-list.ts";

const IMAGE = {
  identifier: "U",
  file: "",
  title: 'say "hi" {}',
  version: "1",
  sha512: "ab".repeat(64),
  size: 1,
  list: "L",
  vo: "ops",
};
const MESSAGE = signedList([IMAGE], "2030-01-01T00:00:00Z");

it("tells what the list says of its images and of itself", () => {
  const list = readSignedList(MESSAGE);
  assert.deepEqual([list?.expires, list?.vo], ["2030-01-01T00:00:00Z", "ops"]);
  assert.equal(list?.image("U")?.["dc:title"], 'say "hi" {}');
  assert.equal(list?.image("constructor"), undefined);
});

it("reads a part without headers, and lines that end with CR LF", () => {
  const bare = MESSAGE.replace("Content-Type: text/plain\n\n", "");
  assert.equal(readSignedList(bare)?.vo, "ops");
  assert.equal(readSignedList(MESSAGE.replaceAll("\n", "\r\n"))?.vo, "ops");
});

it("a message of any other kind, or one that is cut off, is not read", () => {
  for (let length = 0; length < MESSAGE.lastIndexOf("}"); length += 7) {
    assert.equal(readSignedList(MESSAGE.slice(0, length)), undefined, `${length} characters`);
  }
  for (const message of [
    "",
    "the signed list",
    'boundary="x"',
    "{}",
    'boundary="x"\n--x\n{"hv:imagelist":[]}\n--x',
  ]) {
    assert.equal(readSignedList(message), undefined, message);
  }
});
