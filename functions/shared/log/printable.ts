/**
 * Foreign text for a terminal, on one line: lines are joined by `; `, and what could steer the terminal or turn the direction of
 * reading is shown as `?`.
 */
export function printable(text: string): string {
  return joined(text).replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "?");
}

/** The same for a text of several lines. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

function joined(text: string): string {
  if (!text.includes("\n")) {
    return text;
  }
  const [first = "", ...others] = text.split("\n"); // the first one may be indented
  return [first.trimEnd(), ...others.map((line) => line.trim())].filter(Boolean).join("; ");
}
