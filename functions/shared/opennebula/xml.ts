import { SaxesParser } from "saxes";
import { NOT_XML, REPLACEMENT } from "./characters.ts";

/** An element; its text is that of its own text and CDATA nodes, joined. Attributes are left out: OpenNebula has none. */
export interface XmlNode {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlNode[];
}

/**
 * Reads a document. Characters that XML does not allow become U+FFFD: OpenNebula hands them out unescaped, and one of them
 * in the log text of one image would otherwise make the whole pool unreadable.
 * @throws Error with line and column when the text is not well-formed, has another root, or is nested too deeply
 */
export function parseXml(xml: string, root: string): XmlNode {
  const document: Draft = { name: "", text: "", children: [] };
  const open: Draft[] = [document];
  const parser = new SaxesParser();
  const addText = (text: string): void => {
    const node = open.at(-1);
    if (node !== undefined) {
      node.text += text;
    }
  };
  parser.on("opentag", ({ name }) => {
    if (open.length > MAX_DEPTH) {
      throw new Error(`elements are nested more than ${MAX_DEPTH} deep`);
    }
    const node: Draft = { name, text: "", children: [] };
    open.at(-1)?.children.push(node);
    open.push(node);
  });
  parser.on("text", addText);
  parser.on("cdata", addText);
  parser.on("closetag", () => open.pop());
  parser.write(xml.replace(NOT_XML, REPLACEMENT)).close();
  const top = child(document, root);
  if (top === undefined) {
    throw new Error(`expected <${root}>, found <${document.children[0]?.name}>`);
  }
  return top;
}

/** The first child of that name. Only ever one level: custom attributes inside TEMPLATE are named ID, UID, STATE too. */
export function child(node: XmlNode, name: string): XmlNode | undefined {
  return node.children.find((candidate) => candidate.name === name);
}

/** The children of that name. */
export function children(node: XmlNode, name: string): readonly XmlNode[] {
  return node.children.filter((candidate) => candidate.name === name);
}

/** The text of a child. @throws Error when there is no such child */
export function textOf(node: XmlNode, name: string): string {
  const found = child(node, name);
  if (found === undefined) {
    throw new Error(`<${node.name}> has no <${name}>`);
  }
  return found.text;
}

/** The whole number in a child. @throws Error when there is none */
export function integerOf(node: XmlNode, name: string): number {
  const text = textOf(node, name);
  if (!/^-?\d{1,15}$/.test(text)) {
    throw new Error(`<${name}> of <${node.name}> is not a whole number: '${text.slice(0, 40)}'`);
  }
  return Number(text);
}

interface Draft {
  readonly name: string;
  text: string;
  readonly children: Draft[];
}

const MAX_DEPTH = 32; // an image pool has six
