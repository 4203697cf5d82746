import { SaxesParser, type SaxesTagNS } from "saxes";
import { errorText } from "../log/error-text.ts";
import { quoted, refusal } from "./refusal.ts";
import { warning, type Warning } from "./warning.ts";

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

/** The outermost element of a descriptor. */
export interface OvfXml {
  readonly envelope: Element;
  /** `ovf-prefix` */
  readonly warnings: readonly Warning[];
}

/**
 * Parses an OVF descriptor. Nothing is fetched and no entity is defined: a document type is refused. A prefix that is not declared
 * is none by the rules of XML, but templates forget that of VMware, and all that we read goes by the names behind the prefixes.
 * @throws GiveUp `ovf-doctype`, `ovf-limit`, `ovf-bad`
 */
export function parseOvfXml(bytes: Buffer): OvfXml {
  if (bytes.length > MAX_OVF_BYTES) {
    throw refusal("ovf-limit", `the OVF has ${bytes.length} bytes, the limit is ${MAX_OVF_BYTES}`);
  }
  const root = newElement("", new Map());
  const open = [root];
  let elements = 0;
  const undeclared = new Set<string>();
  const parser = new SaxesParser({
    xmlns: true,
    resolvePrefix: (prefix: string) => {
      undeclared.add(prefix);
      return `undeclared:${prefix}`;
    },
  });
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
    const element = newElement(tag.local, attributesOf(tag));
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
  return {
    envelope: document,
    warnings: undeclared.size === 0 ? [] : [undeclaredPrefixes([...undeclared])],
  };
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

/** The trimmed value of an attribute; empty when there is none. */
export function attributeOf(element: Element, name: string): string {
  return element.attributes.get(name)?.trim() ?? "";
}

interface OpenElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: OpenElement[];
  text: string;
}

const MAX_DEPTH = 64;
const MAX_ELEMENTS = 20_000;
const MAX_NAMED = 20; // prefixes in a warning

function newElement(name: string, attributes: ReadonlyMap<string, string>): OpenElement {
  return { name, attributes, children: [], text: "" };
}

/** By their names without prefixes. Of two of one name that of the element's own kind counts, not a vendor's. */
function attributesOf(tag: SaxesTagNS): ReadonlyMap<string, string> {
  const own = (uri: string) => uri === "" || uri === tag.uri;
  const attributes = Object.values(tag.attributes);
  return new Map(
    [...attributes.filter(({ uri }) => !own(uri)), ...attributes.filter(({ uri }) => own(uri))].map(
      ({ local, value }) => [local, value],
    ),
  );
}

function undeclaredPrefixes(prefixes: readonly string[]): Warning {
  const names = prefixes.slice(0, MAX_NAMED).map(quoted).join(" ");
  return warning("ovf-prefix", `the OVF uses prefixes that it does not declare: ${names}`, {
    prefixes: names,
  });
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw refusal("ovf-bad", `the OVF is not in UTF-8: ${errorText(error)}`, {}, error);
  }
}
