import type { Attribute } from "./template.ts";
import { TemplateError } from "./template-error.ts";
import { elementsIn, parseXmlTree, type XmlElement } from "./xml-tree.ts";

/**
 * Reads an XML template, with the rules by which OpenNebula drops an attribute silently: an element with exactly one text
 * or CDATA child is a text, one with elements inside is a vector, and anything else (no child, text beside CDATA or a
 * comment) is not there at all. @throws TemplateError
 */
export function parseXmlTemplate(text: string): Attribute[] {
  let root: XmlElement;
  try {
    root = parseXmlTree(text);
  } catch {
    throw new TemplateError("Parse error: XML Template malformed.");
  }
  return elementsIn(root).flatMap(readAttribute);
}

function readAttribute(node: XmlElement): Attribute[] {
  const name = node.name.toUpperCase();
  const [only, ...more] = node.children;
  if (only !== undefined && more.length === 0 && (only.kind === "text" || only.kind === "cdata")) {
    return [{ name, value: only.text }];
  }
  const parts = elementsIn(node);
  return parts.length === 0
    ? []
    : [{ name, value: new Map(parts.map((part) => [part.name.toUpperCase(), firstText(part)])) }];
}

function firstText(node: XmlElement): string {
  const [first] = node.children;
  return first?.kind === "text" || first?.kind === "cdata" ? first.text : "";
}
