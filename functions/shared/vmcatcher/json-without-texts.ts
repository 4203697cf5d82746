/**
 * A JSON document that is read in pieces, without the texts of one key: they become empty, and take no memory. The key must be
 * written as Python's json writes it, `"key": "`, or its texts stay. No text has a quotation mark that is not escaped, so what looks
 * like the key is the key.
 */
export class JsonWithoutTexts {
  readonly #opening: Buffer;
  readonly #kept: Buffer[] = [];
  /** The end of the last piece, when an opening may begin in it. */
  #uncertain: Buffer = NOTHING;
  #isInText = false;
  #isEscaped = false;

  constructor(key: string) {
    this.#opening = Buffer.from(`${JSON.stringify(key)}: "`);
  }

  /** Takes the next piece; its memory can be used again. */
  write(piece: Buffer): void {
    let rest: Buffer = Buffer.concat([this.#uncertain, piece]);
    this.#uncertain = NOTHING;
    while (rest.length > 0) {
      rest = this.#isInText ? this.#leaveOut(rest) : this.#keep(rest);
    }
  }

  /** The document, or what there was of it. */
  end(): string {
    return Buffer.concat([...this.#kept, this.#uncertain]).toString("utf8");
  }

  /** @returns what comes after the next opening */
  #keep(bytes: Buffer): Buffer {
    const at = bytes.indexOf(this.#opening);
    this.#isInText = at !== -1;
    if (this.#isInText) {
      const end = at + this.#opening.length;
      this.#kept.push(Buffer.from(bytes.subarray(0, end))); // a copy: a part would hold all of the piece
      return bytes.subarray(end);
    }
    const certain = Math.max(0, bytes.length - this.#opening.length + 1);
    this.#kept.push(Buffer.from(bytes.subarray(0, certain)));
    this.#uncertain = bytes.subarray(certain);
    return NOTHING;
  }

  /** @returns what comes after the text, with the quotation mark that ends it */
  #leaveOut(bytes: Buffer): Buffer {
    let isEscaped = this.#isEscaped;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (isEscaped) {
        isEscaped = false;
      } else if (byte === BACKSLASH) {
        isEscaped = true;
      } else if (byte === QUOTATION_MARK) {
        this.#isEscaped = false;
        this.#isInText = false;
        return bytes.subarray(at);
      }
    }
    this.#isEscaped = isEscaped;
    return NOTHING;
  }
}

const NOTHING: Buffer = Buffer.alloc(0);
const BACKSLASH = 0x5c;
const QUOTATION_MARK = 0x22;
