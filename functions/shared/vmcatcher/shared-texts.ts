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
  /** Numbers of texts by their length in bytes. */
  readonly #numbers = new Map<number, number[]>();
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
    let at = this.#isEscaped ? 1 : 0;
    while (at < bytes.length && bytes[at] !== QUOTATION_MARK) {
      at += bytes[at] === BACKSLASH ? 2 : 1; // what is escaped ends nothing
    }
    const isWhole = at < bytes.length;
    this.#isEscaped = at > bytes.length;
    const part = bytes.subarray(0, at);
    if (!isWhole) {
      text.push(Buffer.from(part));
      return NOTHING;
    }
    this.#text = undefined;
    const whole = text.length === 0 ? part : Buffer.concat([...text, part]);
    this.#kept.push(Buffer.from(String(this.#numberOf(whole))));
    return bytes.subarray(at);
  }

  #numberOf(text: Buffer): number {
    const sameLength = this.#numbers.get(text.length) ?? [];
    const known = sameLength.find((number) => this.#texts[number]?.equals(text) === true);
    if (known !== undefined) {
      return known;
    }
    const number = this.#texts.push(Buffer.from(text)) - 1;
    if (sameLength.length < MOST_COMPARED) {
      this.#numbers.set(text.length, [...sameLength, number]);
    }
    return number;
  }
}

/** Different texts of one length with which another one is compared; what is kept twice is right all the same. */
const MOST_COMPARED = 16;

const NOTHING: Buffer = Buffer.alloc(0);
const BACKSLASH = 0x5c;
const QUOTATION_MARK = 0x22;
