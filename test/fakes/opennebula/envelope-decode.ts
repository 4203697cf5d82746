import type { XmlRpcValue } from "./envelope-value.ts";
import { XmlRpcFault } from "./one-error.ts";
import { elementsIn, parseXmlTree, textIn, type XmlElement } from "./xml-tree.ts";

/** A call as it came over the wire. */
export interface MethodCall {
  readonly method: string;
  readonly params: readonly XmlRpcValue[];
}

/** Reads a request body as strictly as xmlrpc-c does. @throws XmlRpcFault -503 */
export function decodeCall(body: Uint8Array): MethodCall {
  const root = parseBody(body);
  const name = elementsIn(root).find((child) => child.name === "methodName");
  if (root.name !== "methodCall" || name === undefined) {
    throw improper("Expected element of type 'methodCall' with a 'methodName'");
  }
  const params = elementsIn(root).filter((child) => child.name === "params");
  const values = params.flatMap(elementsIn).flatMap(elementsIn);
  return { method: textIn(name), params: values.map(decodeValue) };
}

function parseBody(body: Uint8Array): XmlElement {
  const text = decodeUtf8(body);
  if (!/^\s*</.test(text)) {
    throw improper("Call is not valid XML.  syntax error");
  }
  const forbidden = text.search(FORBIDDEN);
  if (forbidden >= 0) {
    throw improper(
      `Call is not valid XML.  Invalid XML "content".  Problem with token at '${excerpt(text.slice(forbidden))}...': Invalid token, starting 0 bytes in`,
    );
  }
  try {
    return parseXmlTree(text);
  } catch (error) {
    throw improper(
      `Call is not valid XML.  ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function decodeValue(value: XmlElement): XmlRpcValue {
  const [typed] = elementsIn(value);
  if (typed === undefined) {
    return { type: "string", value: basicPlane(textIn(value)) };
  }
  const text = textIn(typed);
  switch (typed.name) {
    case "string":
      return { type: "string", value: basicPlane(text) };
    case "int":
    case "i4":
      if (!/^\s*[+-]?\d+\s*$/.test(text)) {
        throw improper(`'${text}' is not an integer`);
      }
      return { type: "int", value: Number(text) };
    case "boolean":
      return { type: "boolean", value: text.trim() === "1" };
    case "array":
      return { type: "array", value: elementsIn(typed).flatMap(elementsIn).map(decodeValue) };
    default:
      return { type: "other", value: typed.name };
  }
}

/** xmlrpc-c keeps strings as UTF-16 without surrogates. The first byte is printed sign-extended, as measured. */
function basicPlane(text: string): string {
  const outside = /[\u{10000}-\u{10FFFF}]/u.exec(text);
  if (outside !== null) {
    const firstByte = (Buffer.from(outside[0])[0] ?? 0).toString(16);
    throw improper(
      `${Buffer.byteLength(text)}-byte supposed UTF-8 string is not valid UTF-8.  UTF-8 string contains a character not in the Basic Multilingual Plane (first byte 0xffffff${firstByte})`,
    );
  }
  return text;
}

function decodeUtf8(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw improper("Call is not valid XML.  not well-formed (invalid token)");
  }
}

/** The next 40 bytes, as xmlrpc-c's expat prints them. */
function excerpt(text: string): string {
  const bytes = Buffer.from(text).subarray(0, 40).toString("latin1");
  return bytes
    .replaceAll("\n", String.raw`\n`)
    .replaceAll(
      NOT_PRINTABLE,
      (char) => String.raw`\x` + char.charCodeAt(0).toString(16).padStart(2, "0"),
    );
}

function improper(problem: string): XmlRpcFault {
  return new XmlRpcFault(-503, `Call XML not a proper XML-RPC call.  ${problem}`);
}

// oxlint-disable-next-line no-control-regex -- these are what must be found
const FORBIDDEN = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/;
const NOT_PRINTABLE = /[^ -~]/g;
