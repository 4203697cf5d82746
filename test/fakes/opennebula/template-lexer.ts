/** What the KEY="VALUE" syntax is made of, by the names that OpenNebula prints in its parse errors. */
export type TokenKind =
  | "VARIABLE"
  | "EQUAL"
  | "EQUAL_EMPTY"
  | "STRING"
  | "OBRACKET"
  | "CBRACKET"
  | "COMMA"
  | "$end";

/** A token and where it stands in the text (its end excluded). */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The lexer of OpenNebula's template_parser.l: characters that mean nothing are skipped; after `=` a value follows, quoted,
 * bare up to the end of the line, or a `[` vector.
 */
export function* lexTemplate(text: string): Generator<Token, void> {
  let at = 0;
  let inVector = false;
  let expectValue = false;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  const token = (kind: TokenKind, length: number, value: string): Token => {
    const start = at;
    at += length;
    return { kind, text: value, start, end: at };
  };
  while (at < text.length) {
    if (expectValue) {
      at += match(/\s*/y)?.length ?? 0;
      if (at === text.length) {
        break;
      }
      expectValue = false;
      const quotedEnd = text[at] === '"' ? closingQuote(text, at) : undefined;
      if (text[at] === "[") {
        inVector = true;
        yield token("OBRACKET", 1, "[");
      } else if (quotedEnd === undefined) {
        const bare = match(inVector ? /[^,\]\n]*/y : /[^\n]*/y) ?? "";
        yield token("STRING", bare.length, bare.trim());
      } else {
        yield token(
          "STRING",
          quotedEnd + 1 - at,
          text.slice(at + 1, quotedEnd).replaceAll(String.raw`\"`, '"'),
        );
      }
      continue;
    }
    const skipped = match(/^[ \t]*#.*/my) ?? match(/\s+/y);
    const variable = match(/\w+/y);
    const empty = match(/=[ \t]*(?:\n|$)/y);
    const char = text[at] ?? "";
    if (skipped !== undefined) {
      at += skipped.length;
    } else if (variable !== undefined) {
      yield token("VARIABLE", variable.length, variable);
    } else if (empty !== undefined) {
      yield token("EQUAL_EMPTY", empty.length, "");
    } else if (char === "=") {
      expectValue = true;
      yield token("EQUAL", 1, char);
    } else if (char === "," || char === "]") {
      inVector &&= char === ",";
      yield token(char === "," ? "COMMA" : "CBRACKET", 1, char);
    } else {
      at += 1;
    }
  }
  yield token("$end", 0, "");
}

/**
 * The longest match of `"([^"]|\\")*"`: the first quote that no backslash precedes closes the value, or, where there is none,
 * the last one that a backslash does. So a value that ends in a backslash swallows what follows, unless it is the last.
 */
function closingQuote(text: string, open: number): number | undefined {
  let last: number | undefined;
  for (let at = text.indexOf('"', open + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    last = at;
    if (text[at - 1] !== "\\") {
      return at;
    }
  }
  return last;
}
