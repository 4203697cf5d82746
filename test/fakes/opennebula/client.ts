import { elementsIn, parseXmlTree, textIn, type XmlElement } from "./xml-tree.ts";
import { escapeXml } from "./xml-escape.ts";

/** An answer of OpenNebula that says no, or a fault of xmlrpc-c (negative code). */
export class Refused extends Error {
  readonly code: number;
  readonly objectId: number;

  constructor(message: string, code: number, objectId: number) {
    super(message);
    this.name = "Refused";
    this.code = code;
    this.objectId = objectId;
  }
}

/** One caller of the simulator, for its own tests: quicker to read there than a request body. */
export interface TestClient {
  /** @throws Refused; TypeError when there is no answer */
  readonly call: (method: string, ...args: readonly Argument[]) => Promise<string>;
  /** The same for calls that answer an id. */
  readonly id: (method: string, ...args: readonly Argument[]) => Promise<number>;
}

type Argument = string | number | boolean;

/** @param session `user:password` */
export function createTestClient(url: string, session = "oneadmin:opennebula"): TestClient {
  const call = async (method: string, ...args: readonly Argument[]): Promise<string> => {
    const response = await fetch(url, {
      method: "POST",
      body: encodeCall(method, [session, ...args]),
    });
    return readAnswer(await response.text());
  };
  return { call, id: async (method, ...args) => Number(await call(method, ...args)) };
}

function encodeCall(method: string, args: readonly Argument[]): string {
  const params = args.map((arg) => `<param><value>${encodeValue(arg)}</value></param>`).join("");
  return `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${params}</params></methodCall>`;
}

function encodeValue(value: Argument): string {
  if (typeof value === "boolean") {
    return `<boolean>${Number(value)}</boolean>`;
  }
  return typeof value === "number" ? `<int>${value}</int>` : `<string>${escapeXml(value)}</string>`;
}

function readAnswer(body: string): string {
  const root = parseXmlTree(body);
  if (elementsIn(root)[0]?.name === "fault") {
    const [code, text] = texts(root).filter((_, index) => index % 2 === 1);
    throw new Refused(text ?? "", Number(code), -1);
  }
  const [isSuccess, value, code, objectId] = texts(root);
  if (isSuccess !== "1") {
    throw new Refused(value ?? "", Number(code), Number(objectId));
  }
  return value ?? "";
}

/** The texts of all elements that hold no other, in order. */
function texts(node: XmlElement): string[] {
  const inner = elementsIn(node);
  return inner.length === 0 ? [textIn(node)] : inner.flatMap(texts);
}
