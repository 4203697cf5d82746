import { cdata, element } from "./xml-escape.ts";
import { OneError, CODES } from "./one-error.ts";
import { parseKeyValueTemplate } from "./template-key-value.ts";
import { parseXmlTemplate } from "./template-xml.ts";
import type { Version } from "./world.ts";

/** A text, or the parts of a vector such as `DISK=[IMAGE_ID="6"]`. */
export type AttributeValue = string | ReadonlyMap<string, string>;

/** One attribute of a template text, its name in capitals. */
export interface Attribute {
  readonly name: string;
  readonly value: AttributeValue;
}

/** The TEMPLATE of an object. A name occurs once: of a repeated one the last wins. */
export type Template = Map<string, AttributeValue>;

/**
 * Reads a template text of either syntax: XML when its first character is `<`, otherwise KEY="VALUE".
 * @throws TemplateError with the text that OpenNebula gives, without its lead
 */
export function parseTemplate(text: string, version: Version): Attribute[] {
  const attributes = text.startsWith("<") ? parseXmlTemplate(text) : parseKeyValueTemplate(text);
  return version === "7.4.0" ? attributes.map(trimmed) : attributes;
}

/** The attributes by their names. */
export function toTemplate(attributes: readonly Attribute[]): Template {
  return new Map(attributes.map(({ name, value }) => [name, value]));
}

/** A single attribute's text; `undefined` when it is missing or a vector. */
export function textOf(
  template: ReadonlyMap<string, AttributeValue>,
  name: string,
): string | undefined {
  const value = template.get(name);
  return typeof value === "string" ? value : undefined;
}

/** `<TEMPLATE>…</TEMPLATE>`, sorted by name as OpenNebula keeps it. */
export function renderTemplate(template: ReadonlyMap<string, AttributeValue>): string {
  return renderAttributes([...template].map(([name, value]) => ({ name, value })));
}

/** The same for a template in which names may repeat (a VM's DISKs). */
export function renderAttributes(attributes: readonly Attribute[]): string {
  return element("TEMPLATE", attributes.toSorted(byName).map(renderAttribute).join(""));
}

/**
 * Whether OpenNebula can read the object back from its own XML. It writes a text into CDATA unescaped, so `]]>` breaks it,
 * and libxml2 refuses a text node of more than 10 MB.
 */
export function isStorable(template: ReadonlyMap<string, AttributeValue>): boolean {
  const texts = [...template.values()].flatMap((value) =>
    typeof value === "string" ? [value] : [...value.values()],
  );
  return texts.every((text) => !text.includes("]]>") && text.length <= 10_000_000);
}

/** Plain users may not set what would let them read any file of the datastore. */
export function refuseRestricted(
  template: ReadonlyMap<string, AttributeValue>,
  isAdmin: boolean,
): void {
  if (!isAdmin && template.has("SOURCE")) {
    throw new OneError(CODES.authorization, "Template includes a restricted attribute SOURCE.");
  }
}

function renderAttribute({ name, value }: Attribute): string {
  if (typeof value === "string") {
    return cdata(name, value);
  }
  const parts = [...value].map(([part, text]) => ({ name: part, value: text })).sort(byName);
  return element(name, parts.map((part) => cdata(part.name, part.value)).join(""));
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : Number(one.name > other.name);
}

function trimmed({ name, value }: Attribute): Attribute {
  return {
    name,
    value:
      typeof value === "string"
        ? value.trim()
        : new Map([...value].map(([part, text]) => [part, text.trim()])),
  };
}
