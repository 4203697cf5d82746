import CustomType from "xmlrpc/lib/customtype.js";
import Deserializer from "xmlrpc/lib/deserializer.js";
import serializer from "xmlrpc/lib/serializer.js";
import { NOT_BMP, NOT_XML } from "./characters.ts";

/*
 * XML-RPC texts by the xmlrpc package, without its HTTP client. That client looks at no HTTP status (a 500 with a well-formed
 * body is a success), has no time-out, leaves the socket open after a parse error, and reads the answer from a stream, so that
 * what its parser throws (`<fault/>` without a value: deserializer.js, createFault) ends the process.
 */

/** What our calls send; every number is an integer of 32 bits. */
export type Param = string | number | boolean;

/** @throws TypeError when a parameter cannot be sent; it names the place, not the value */
export function checkParams(method: string, params: readonly Param[]): void {
  for (const [index, param] of params.entries()) {
    if (typeof param === "string" && (param.search(NOT_XML) >= 0 || param.search(NOT_BMP) >= 0)) {
      throw new TypeError(
        `${method}: parameter ${index} contains a character that OpenNebula does not take`,
      );
    }
    if (typeof param === "number" && (param | 0) !== param) {
      throw new TypeError(`${method}: parameter ${index} is not an integer of 32 bits: ${param}`);
    }
  }
}

/** The text of a call with checked parameters. */
export function encodeCall(method: string, params: readonly Param[]): Buffer {
  const sent = params.map((param) =>
    typeof param === "string" && param.includes("]]>") ? new EscapedText(param) : param,
  );
  return Buffer.from(serializer.serializeMethodCall(method, sent));
}

/**
 * A string that is sent with entities. The library sends one with `<` as a CDATA section, and only the first end of a section in
 * it is taken for text: a template that empties two attributes would be no XML.
 */
class EscapedText extends CustomType {
  override tagName = "string";
}

/** Thrown when the answer is a no: by OpenNebula, or by the XML-RPC library in front of it. Not for callers: rpc.ts makes an RpcFault of it. */
export class Refusal extends Error {
  readonly code: number;
  readonly objectId: number;

  constructor(code: number, text: string, objectId = -1) {
    super(text);
    this.name = "Refusal";
    this.code = code;
    this.objectId = objectId;
  }
}

/** Reads one answer, chunk by chunk, so that a large one does not stall the process in one piece. */
export class AnswerReader {
  #parser: { write(chunk: Uint8Array): boolean; end(): boolean } | undefined;
  #error: unknown;
  #value: unknown;

  constructor() {
    new Deserializer().deserializeMethodResponse(
      { setEncoding: () => {}, on: () => {}, pipe: (parser) => (this.#parser = parser) },
      (error, value) => {
        this.#error ??= error;
        this.#value = value;
      },
    );
  }

  /** @throws Error at the first thing that is not XML-RPC */
  write(chunk: Uint8Array): void {
    this.#parser?.write(chunk);
    this.#check();
  }

  /** @throws Refusal for a `<fault>`, Error when the answer is incomplete or empty */
  end(): unknown {
    this.#parser?.end();
    this.#check();
    if (this.#value === undefined) {
      throw new Error("the answer has no value"); // `<params></params>`
    }
    return this.#value;
  }

  #check(): void {
    const error = this.#error;
    if (error instanceof Error && "faultCode" in error && typeof error.faultCode === "number") {
      const text =
        "faultString" in error && typeof error.faultString === "string"
          ? error.faultString
          : error.message;
      throw new Refusal(error.faultCode, text);
    }
    if (error instanceof Error) {
      throw error;
    }
  }
}
