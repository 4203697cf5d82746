import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { createInflater, inflateOnce } from "../../../../functions/shared/disk/grains/inflater.ts";

test("the decoder inside of Node's stream is still what it was", () => {
  assert.notEqual(createInflater(), inflateOnce);
});

for (const [name, create] of Object.entries({
  reused: createInflater,
  "once each": () => inflateOnce,
})) {
  test(`${name}: streams of any length are inflated one after another`, () => {
    const inflate = create();
    for (const length of [0, 1, 100, 16_384, 65_536, 1_000_000]) {
      const text = Buffer.alloc(length, `text of ${length} `);
      const output = Buffer.alloc(length + 1, "#");
      assert.equal(inflate(deflateSync(text), output), length);
      assert.ok(output.subarray(0, length).equals(text));
    }
  });

  test(`${name}: what is too long fills the output and nothing behind it`, () => {
    const memory = Buffer.alloc(200, "#");
    const length = create()(deflateSync(Buffer.alloc(101, "x")), memory.subarray(50, 151));
    assert.equal(length, 101);
    assert.equal(create()(deflateSync(Buffer.alloc(5000, "x")), memory.subarray(50, 151)), 101);
    assert.equal(memory.toString("latin1", 0, 50), "#".repeat(50));
    assert.equal(memory.toString("latin1", 151), "#".repeat(49));
  });

  test(`${name}: what follows a stream does not matter`, () => {
    const output = Buffer.alloc(5);
    const input = Buffer.concat([deflateSync(Buffer.from("text")), Buffer.alloc(100, 1)]);
    assert.equal(create()(input, output), 4);
    assert.equal(output.toString("latin1", 0, 4), "text");
  });

  for (const [what, input] of Object.entries({
    "that is cut off": deflateSync(Buffer.alloc(1000, "text")).subarray(0, 12),
    "with a wrong checksum": withWrongChecksum(deflateSync(Buffer.alloc(1000, "text"))),
    "that is none": Buffer.from("no stream"),
    "of no bytes": Buffer.alloc(0),
    "with a dictionary": deflateSync(Buffer.from("text"), { dictionary: Buffer.from("text") }),
  })) {
    test(`${name}: a stream ${what} is an error`, () => {
      assert.throws(() => create()(input, Buffer.alloc(2000)));
    });
  }
}

function withWrongChecksum(stream: Buffer): Buffer {
  stream.fill(1, stream.length - 4);
  return stream;
}
