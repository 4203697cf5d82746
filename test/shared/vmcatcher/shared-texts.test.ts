import assert from "node:assert/strict";
import { it } from "node:test";
import {
  type SharedTexts,
  SharedTextsReader,
} from "../../../functions/shared/vmcatcher/shared-texts.ts";

function read(json: string, pieceBytes = 2 ** 20): SharedTexts {
  const document = new SharedTextsReader("message");
  const bytes = Buffer.from(json);
  const piece = Buffer.alloc(pieceBytes);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    piece.fill("#"); // who hands pieces over uses their memory again
    const length = bytes.copy(piece, 0, at, at + pieceBytes);
    document.write(piece.subarray(0, length));
  }
  return document.end();
}

/** As Python's json.dumps writes it with indent=4. */
const written = (value: unknown): string => JSON.stringify(value, undefined, 4);

it("keeps each text of the key once, and everything else as it is, however the pieces are cut", () => {
  const texts = [
    "",
    "a list",
    'its "sha512": "0"',
    "ends in \\",
    '\\"',
    "é, €, \u{1f4bf}",
    "\n\t\u0001",
  ];
  const documentOf = (message: (own: string, index: number) => string) =>
    written(
      [...texts, ...texts].map((own, index) => ({
        "dc:title": `before ${index}, "message": "not this one"`,
        message: message(own, index),
        msgHash: "after it, é",
        "a message": own,
      })),
    );
  for (let pieceBytes = 1; pieceBytes < 80; pieceBytes += 1) {
    const found = read(
      documentOf((own) => own),
      pieceBytes,
    );
    const numbered = documentOf((_, index) => String(index % texts.length));
    assert.equal(found.json, numbered, `${pieceBytes} bytes`);
    assert.deepEqual(
      found.texts.map((text) => JSON.parse(`"${text.toString()}"`)),
      texts,
    );
  }
});

it("keeps what is no text, and what Python's json would have written in another way", () => {
  for (const json of [
    '{"message": null}',
    '{"message": {"message": 1}}',
    '{"message":"compact"}',
    "[]",
    "",
  ]) {
    assert.deepEqual(read(json), { json, texts: [] });
  }
});

it("what is cut off inside a text is cut off still", () => {
  assert.throws(() => JSON.parse(read('{"message": "half of a li').json), SyntaxError);
  assert.throws(() => JSON.parse(read('{"message": "half of a li\\"').json), SyntaxError);
});
