import { SaxesParser } from "saxes";

/** A node of a document; comments count because OpenNebula's template reader counts children. */
export type XmlNode =
  | XmlElement
  | { readonly kind: "text" | "cdata" | "comment"; readonly text: string };

/** An element; attributes are left out, nothing here has any. */
export interface XmlElement {
  readonly kind: "element";
  readonly name: string;
  readonly children: readonly XmlNode[];
}

/** Reads a document strictly. @throws Error when it is not well-formed */
export function parseXmlTree(xml: string): XmlElement {
  const top: MutableElement = { kind: "element", name: "", children: [] };
  const open = [top];
  const add = (node: XmlNode): void => {
    open.at(-1)?.children.push(node);
  };
  const parser = new SaxesParser({ position: false });
  parser.on("opentag", ({ name }) => {
    const node: MutableElement = { kind: "element", name, children: [] };
    add(node);
    open.push(node);
  });
  parser.on("closetag", () => open.pop());
  parser.on("text", (text) => add({ kind: "text", text: oneLineEnd(text) }));
  parser.on("comment", (text) => add({ kind: "comment", text }));
  parser.on("cdata", (text) => {
    const parent = open.at(-1);
    const last = parent?.children.at(-1);
    if (parent !== undefined && last?.kind === "cdata") {
      parent.children.splice(-1, 1, { kind: "cdata", text: last.text + text }); // libxml2 makes one node of neighbours
    } else {
      add({ kind: "cdata", text });
    }
  });
  parser.write(xml).close();
  const root = top.children.find((node) => node.kind === "element");
  if (root === undefined) {
    throw new Error("no element found");
  }
  return root;
}

/** All text directly inside an element. */
export function textIn(node: XmlElement): string {
  return node.children
    .map((child) => (child.kind === "text" || child.kind === "cdata" ? child.text : ""))
    .join("");
}

/** The elements directly inside an element. */
export function elementsIn(node: XmlElement): readonly XmlElement[] {
  return node.children.filter((child) => child.kind === "element");
}

/** A carriage return reaches OpenNebula as a line feed, also one written as `&#13;` (measured). */
function oneLineEnd(text: string): string {
  return text.replaceAll(/\r\n?/g, "\n");
}

interface MutableElement extends XmlElement {
  readonly children: XmlNode[];
}
