/** An element. @param content markup: what is text must have been escaped */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  content = "",
): string {
  const given = Object.entries(attributes).map(([key, value]) =>
    typeof value === "number" ? ` ${key}="${rounded(value)}"` : ` ${key}="${escaped(value)}"`,
  );
  return `<${name}${given.join("")}${content === "" ? "/>" : `>${content}</${name}>`}`;
}

/** A line of text. @param y of its baseline */
export function textAt(
  { x, y }: { readonly x: number; readonly y: number },
  text: string,
  className = "",
): string {
  return element(
    "text",
    { x, y, ...(className === "" ? {} : { class: className }) },
    escaped(text),
  );
}

/** Text as it must be written in markup and in attributes. */
export function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** To a tenth of a pixel: the file stays small, and the same figures make the same file. */
function rounded(value: number): string {
  return String(Math.round(value * 10) / 10);
}
