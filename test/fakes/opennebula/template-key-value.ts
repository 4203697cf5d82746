import type { Attribute } from "./template.ts";
import { TemplateError } from "./template-error.ts";
import { lexTemplate, type Token, type TokenKind } from "./template-lexer.ts";

/**
 * Reads `NAME="value"` lines with vectors (`DISK=[IMAGE_ID="6"]`).
 * @throws TemplateError; the line and columns in its text are as meaningless as OpenNebula's own
 */
export function parseKeyValueTemplate(text: string): Attribute[] {
  const tokens = lexTemplate(text);
  const attributes: Attribute[] = [];
  for (let token = next(tokens); token.kind !== "$end"; token = next(tokens)) {
    expect(token, "VARIABLE");
    attributes.push({ name: attributeName(token), value: readValue(tokens) });
  }
  if (attributes.some(({ value }) => holdsCdataEnd(value))) {
    throw new TemplateError("Parse error.");
  }
  return attributes;
}

function readValue(tokens: Generator<Token, void>): Attribute["value"] {
  if (expect(next(tokens), "EQUAL", "EQUAL_EMPTY").kind === "EQUAL_EMPTY") {
    return "";
  }
  const token = expect(next(tokens), "OBRACKET", "STRING");
  return token.kind === "STRING" ? token.text : readVector(tokens);
}

function readVector(tokens: Generator<Token, void>): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  for (;;) {
    const name = attributeName(expect(next(tokens), "VARIABLE"));
    const isEmpty = expect(next(tokens), "EQUAL", "EQUAL_EMPTY").kind === "EQUAL_EMPTY";
    parts.set(name, isEmpty ? "" : expect(next(tokens), "STRING").text);
    if (expect(next(tokens), "COMMA", "CBRACKET").kind === "CBRACKET") {
      return parts;
    }
  }
}

function next(tokens: Generator<Token, void>): Token {
  const { value } = tokens.next();
  return value ?? { kind: "$end", text: "", start: 0, end: 0 };
}

function expect(token: Token, ...kinds: readonly TokenKind[]): Token {
  if (!kinds.includes(token.kind)) {
    throw new TemplateError(
      `Parse error: syntax error, unexpected ${token.kind}, expecting ${kinds.join(" or ")} at line 0, columns ${token.start}:${token.end}`,
    );
  }
  return token;
}

function attributeName({ text }: Token): string {
  return (/^\d/.test(text) ? `ONE_${text}` : text).toUpperCase();
}

function holdsCdataEnd(value: Attribute["value"]): boolean {
  return typeof value === "string"
    ? value.includes("]]>")
    : [...value.values()].some((text) => text.includes("]]>"));
}
