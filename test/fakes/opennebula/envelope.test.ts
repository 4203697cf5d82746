import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeCall } from "./envelope-decode.ts";
import { plain } from "./envelope-value.ts";

test("a call is read with all its types; a value without one is a string", () => {
  const values = [
    "<string>a &amp; b</string>",
    "untyped",
    "<int>-2</int>",
    "<i4>7</i4>",
    "<boolean>1</boolean>",
    "<array><data><value><int>1</int></value></data></array>",
    "<double>1.5</double>",
  ];
  assert.deepEqual(decode(values).params.map(plain), [
    "a & b",
    "untyped",
    -2,
    7,
    true,
    [1],
    "double",
  ]);
  assert.equal(decode([]).method, "one.image.info");
});

test("a carriage return arrives as a line feed, also when written as a reference", () => {
  assert.deepEqual(decode(["<string>a\r\nb\rc&#13;d</string>"]).params.map(plain), ["a\nb\nc\nd"]);
});

test("the characters that the real one takes are taken", () => {
  const text = "\u007F\u0085\uFEFF\u2028é€\t\n";
  assert.deepEqual(decode([`<string>${text}</string>`]).params.map(plain), [text]);
});

test("control characters, characters outside of the BMP and bytes that are not UTF-8 are faults", () => {
  for (const text of ["\u0000", "\u001F", "\uFFFE", "\u{1F600}", "&#128512;", "&#1;"]) {
    assert.throws(() => decode([`<string>${text}</string>`]), {
      code: -503,
      message: /^Call XML not a proper XML-RPC call\. {2}/,
    });
  }
  const broken = Buffer.concat([
    Buffer.from("<methodCall><methodName>x"),
    Buffer.from([0xff]),
    Buffer.from("</methodName></methodCall>"),
  ]);
  assert.throws(() => decodeCall(broken), { code: -503 });
});

test("what is not a call is a fault", () => {
  for (const body of [
    "",
    "not xml",
    "<a/>",
    "<methodCall/>",
    "<methodCall><methodName>x</methodName>",
    "<methodResponse/>",
  ]) {
    assert.throws(() => decodeCall(Buffer.from(body)), { code: -503 }, body);
  }
});

function decode(values: readonly string[]): ReturnType<typeof decodeCall> {
  const params = values.map((value) => `<param><value>${value}</value></param>`).join("");
  return decodeCall(
    Buffer.from(
      `<?xml version="1.0"?><methodCall><methodName>one.image.info</methodName><params>${params}</params></methodCall>`,
    ),
  );
}
