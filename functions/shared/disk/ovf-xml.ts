import { SaxesParser } from "saxes";
import { errorText } from "../log/error-text.ts";
import { quoted, refusal } from "./refusal.ts";

/** An element: names without their prefixes, as descriptors in the wild use any. */
export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Element[];
  /** The text directly in it. */
  readonly text: string;
}

/** The size up to which a descriptor is read, in bytes. */
export const MAX_OVF_BYTES = 2 ** 20;

/**
 * Parses an OVF descriptor. Nothing is fetched and no entity is defined: a document type is refused.
 * @throws GiveUp `ovf-doctype`, `ovf-limit`, `ovf-bad`
 */
export function parseOvfXml(bytes: Buffer): Element {
  if (bytes.length > MAX_OVF_BYTES) {
    throw refusal("ovf-limit", `the OVF has ${bytes.length} bytes, the limit is ${MAX_OVF_BYTES}`);
  }
  const root = newElement("", new Map());
  const open = [root];
  let elements = 0;
  const parser = new SaxesParser({ xmlns: true });
  parser.on("error", (error) => {
    throw refusal("ovf-bad", `the OVF is not XML: ${quoted(error.message)}`, {}, error);
  });
  parser.on("doctype", () => {
    throw refusal("ovf-doctype", "the OVF has a document type, which can define entities");
  });
  parser.on("opentag", (tag) => {
    elements += 1;
    if (open.length > MAX_DEPTH || elements > MAX_ELEMENTS) {
      throw refusal(
        "ovf-limit",
        `the OVF has more than ${MAX_DEPTH} levels or ${MAX_ELEMENTS} elements`,
      );
    }
    const attributes = new Map(
      Object.values(tag.attributes).map(({ local, value }) => [local, value]),
    );
    const element = newElement(tag.local, attributes);
    open.at(-1)?.children.push(element);
    if (!tag.isSelfClosing) {
      open.push(element);
    }
  });
  const addText = (text: string) => {
    const element = open.at(-1);
    if (element !== undefined) {
      element.text += text;
    }
  };
  parser.on("text", addText);
  parser.on("cdata", addText);
  parser.on("closetag", (tag) => {
    if (!tag.isSelfClosing) {
      open.pop();
    }
  });
  parser.write(decode(bytes)).close();
  const [document] = root.children;
  if (document === undefined) {
    throw refusal("ovf-bad", "the OVF is empty");
  }
  return document;
}

/** All elements of that name below `element`, in the order of the document. */
export function elementsNamed(element: Element, name: string): readonly Element[] {
  return element.children.flatMap((child) => [
    ...(child.name === name ? [child] : []),
    ...elementsNamed(child, name),
  ]);
}

/** The trimmed text of the first child of that name; empty when there is none. */
export function textOf(element: Element, name: string): string {
  return element.children.find((child) => child.name === name)?.text.trim() ?? "";
}

interface OpenElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: OpenElement[];
  text: string;
}

const MAX_DEPTH = 64;
const MAX_ELEMENTS = 20_000;

function newElement(name: string, attributes: ReadonlyMap<string, string>): OpenElement {
  return { name, attributes, children: [], text: "" };
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw refusal("ovf-bad", `the OVF is not in UTF-8: ${errorText(error)}`, {}, error);
  }
}
