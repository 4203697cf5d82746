import { NOT_BMP, NOT_XML, REPLACEMENT } from "./characters.ts";
import type { NewImage } from "./opennebula.ts";

/*
 * Attributes travel as an XML template, never in OpenNebula's KEY="VALUE" syntax: that one cannot carry a backslash at the end
 * of a value, and a quotation mark inside one ends it, so that a description could set PATH. Every value is one text node with
 * escaped entities; an attribute whose text is mixed with CDATA or a comment is dropped by oned without a word.
 */

/**
 * The template of a new image. PERSISTENT is always sent, since a user's or group's default may be YES; FORMAT and SIZE only of
 * what OpenNebula does not copy: else it finds them out by itself. DRIVER is dropped by it in any case.
 * @throws TypeError for an attribute that cannot be written, and for a name or path that OpenNebula would not keep as it is
 */
export function newImageTemplate(image: NewImage): string {
  return template([
    element("NAME", exact("NAME", image.name)),
    element("TYPE", "OS"),
    ...fileElements(image),
    element("PERSISTENT", "NO"),
    // An empty element would be dropped, and an empty attribute says no more than none.
    ...cleaned(image.attributes).flatMap(([name, text]) =>
      text === "" ? [] : [element(name, text)],
    ),
  ]);
}

/** The template that adds or overwrites attributes of an image. @throws TypeError for an attribute that cannot be written */
export function updateTemplate(attributes: ReadonlyMap<string, string>): string {
  return template(
    // oned ignores an empty element and keeps the old text; an empty CDATA section empties it.
    cleaned(attributes).map(([name, text]) =>
      text === "" ? `<${name}><![CDATA[]]></${name}>` : element(name, text),
    ),
  );
}

/**
 * The text as OpenNebula stores it, so that stored and wanted texts can be compared. Idempotent.
 * What oned refuses is dropped or replaced, CR becomes LF, and both ends are trimmed (7.4 does that itself).
 */
export function cleanText(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/[\p{Cs}\uFFFE\uFFFF]/gu, REPLACEMENT) // before NOT_XML, which drops control characters
    .replace(NOT_BMP, REPLACEMENT)
    .replace(NOT_XML, "")
    .replaceAll("]]>", "]] >") // refused in a new image; an update that has it says yes and stores nothing
    .trim();
}

/** Elements of an image that a template can set: an attribute of that name would overwrite ours, since the last one wins. */
const RESERVED: ReadonlySet<string> = new Set([
  "NAME",
  "TYPE",
  "PATH",
  "PERSISTENT",
  "SOURCE",
  "SIZE",
  "FORMAT",
  "FS",
  "DRIVER",
]);

function cleaned(attributes: ReadonlyMap<string, string>): [name: string, text: string][] {
  return [...attributes].map(([name, text]) => {
    if (!/^[A-Z_][A-Z0-9_]*$/.test(name)) {
      throw new TypeError(
        `'${name}' is not an attribute name: it must be upper-case letters, digits and '_'`,
      );
    }
    if (RESERVED.has(name)) {
      throw new TypeError(`the attribute ${name} would change the image itself`);
    }
    return [name, cleanText(text)];
  });
}

function fileElements(image: NewImage): readonly string[] {
  if ("path" in image) {
    const { path, sha1 } = image;
    const digest = sha1 === undefined ? [] : [element("SHA1", sha1)];
    return [element("PATH", exact("PATH", path)), ...digest];
  }
  return [
    element("SOURCE", exact("SOURCE", image.source)),
    element("FORMAT", image.format),
    element("SIZE", String(image.sizeMb)),
  ];
}

/** A changed name would not be found again, a changed path is another file. */
function exact(name: string, text: string): string {
  if (text === "" || cleanText(text) !== text) {
    throw new TypeError(`${name} cannot be written as it is: ${JSON.stringify(text)}`);
  }
  return text;
}

function template(elements: readonly string[]): string {
  return `<TEMPLATE>${elements.join("")}</TEMPLATE>`;
}

function element(name: string, text: string): string {
  return `<${name}>${text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")}</${name}>`;
}
