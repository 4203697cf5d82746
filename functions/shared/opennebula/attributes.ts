import { child, type XmlNode } from "./xml.ts";

/**
 * The TEMPLATE section of an object: upper-case names, texts trimmed at both ends, empty ones left out. OpenNebula 7.4 trims
 * texts and older ones keep blanks, so they are trimmed here. Vector attributes (nested elements) are none of ours.
 */
export function readAttributes(node: XmlNode): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const { name, text, children: parts } of child(node, "TEMPLATE")?.children ?? []) {
    const value = text.trim();
    if (parts.length === 0 && value !== "") {
      attributes.set(name.toUpperCase(), value);
    }
  }
  return attributes;
}
