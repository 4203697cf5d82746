import assert from "node:assert/strict";
import { it } from "node:test";
import { JsonWithoutTexts } from "../../../functions/shared/vmcatcher/json-without-texts.ts";

function read(json: string, pieceBytes = 2 ** 20): string {
  const document = new JsonWithoutTexts("message");
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

it("leaves the texts of the key out, and nothing else, however the pieces are cut", () => {
  const texts = [
    "",
    "a list",
    'its "sha512": "0"',
    "ends in \\",
    '\\"',
    "é, €, \u{1f4bf}",
    "\n\t\u0001",
  ];
  const documentOf = (text: string | undefined) =>
    written(
      texts.map((own, index) => ({
        "dc:title": `before ${index}, "message": "not this one"`,
        message: text ?? own,
        msgHash: "after it, é",
        "a message": own,
      })),
    );
  for (let pieceBytes = 1; pieceBytes < 80; pieceBytes += 1) {
    assert.equal(read(documentOf(undefined), pieceBytes), documentOf(""), `${pieceBytes} bytes`);
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
    assert.equal(read(json), json);
  }
});

it("what is cut off inside a text is cut off still", () => {
  assert.throws(() => JSON.parse(read('{"message": "half of a li')), SyntaxError);
  assert.throws(() => JSON.parse(read('{"message": "half of a li\\"')), SyntaxError);
});
