import { createHash } from "node:crypto";

/** A document whose texts of one key stand beside it: each is written once, however often it occurs. */
export interface SharedTexts {
  /** JSON, with the number of its text where a text was. */
  readonly json: string;
  /** By number, as JSON escapes them, without the quotation marks. */
  readonly texts: readonly Buffer[];
}

/**
 * Reads a JSON document in pieces and keeps each different text of one key once. The key must be written as Python's json writes it,
 * `"key": "`, or its texts stay where they are. No text has a quotation mark that is not escaped, so what looks like the key is the key.
 */
export class SharedTextsReader {
  readonly #opening: Buffer;
  readonly #kept: Buffer[] = [];
  /** The end of the last piece, when an opening may begin in it. */
  #uncertain: Buffer = NOTHING;
  /** What there is of the text that was begun; undefined outside of one. */
  #text: Buffer[] | undefined;
  /** Whether the text so far ends with a backslash that escapes the next byte. */
  #isEscaped = false;
  readonly #numbers = new Map<string, number>();
  readonly #texts: Buffer[] = [];

  constructor(key: string) {
    this.#opening = Buffer.from(`${JSON.stringify(key)}: "`);
  }

  /** Takes the next piece; its memory can be used again. */
  write(piece: Buffer): void {
    let rest: Buffer = Buffer.concat([this.#uncertain, piece]);
    this.#uncertain = NOTHING;
    while (rest.length > 0) {
      rest = this.#text === undefined ? this.#keep(rest) : this.#share(rest, this.#text);
    }
  }

  /** What was read; of a document that is cut off, the JSON is cut off too. */
  end(): SharedTexts {
    const json = Buffer.concat([...this.#kept, ...(this.#text ?? []), this.#uncertain]);
    return { json: json.toString("utf8"), texts: this.#texts };
  }

  /** @returns what comes after the next opening */
  #keep(bytes: Buffer): Buffer {
    const at = bytes.indexOf(this.#opening);
    if (at !== -1) {
      const end = at + this.#opening.length;
      this.#kept.push(Buffer.from(bytes.subarray(0, end))); // a copy: a part would hold all of the piece
      this.#text = [];
      return bytes.subarray(end);
    }
    const certain = Math.max(0, bytes.length - this.#opening.length + 1);
    this.#kept.push(Buffer.from(bytes.subarray(0, certain)));
    this.#uncertain = bytes.subarray(certain);
    return NOTHING;
  }

  /** @returns what comes after the text, with the quotation mark that ends it */
  #share(bytes: Buffer, text: Buffer[]): Buffer {
    const from = this.#isEscaped ? 1 : 0;
    const end = endOfText(bytes, from);
    text.push(Buffer.from(bytes.subarray(0, end)));
    this.#isEscaped = end === undefined && backslashesBefore(bytes, bytes.length, from) % 2 === 1;
    if (end === undefined) {
      return NOTHING;
    }
    this.#text = undefined;
    this.#kept.push(Buffer.from(String(this.#numberOf(Buffer.concat(text)))));
    return bytes.subarray(end);
  }

  #numberOf(text: Buffer): number {
    const digest = createHash("sha256").update(text).digest("hex");
    const known = this.#numbers.get(digest);
    if (known !== undefined) {
      return known;
    }
    this.#numbers.set(digest, this.#texts.length);
    return this.#texts.push(text) - 1;
  }
}

/** Where the quotation mark is that ends a text. @param from everything before belongs to the text */
function endOfText(bytes: Buffer, from: number): number | undefined {
  for (let at = bytes.indexOf(QUOTATION_MARK, from); at !== -1;) {
    if (backslashesBefore(bytes, at, from) % 2 === 0) {
      return at;
    }
    at = bytes.indexOf(QUOTATION_MARK, at + 1);
  }
  return undefined;
}

function backslashesBefore(bytes: Buffer, end: number, from: number): number {
  let at = end;
  while (at > from && bytes[at - 1] === BACKSLASH) {
    at -= 1;
  }
  return end - at;
}

const NOTHING: Buffer = Buffer.alloc(0);
const BACKSLASH = 0x5c;
const QUOTATION_MARK = 0x22;
