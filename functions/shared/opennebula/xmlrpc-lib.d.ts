// The parts of xmlrpc 1.3.2 that codec.ts uses; @types/xmlrpc describes only its client and server.

declare module "xmlrpc/lib/serializer.js" {
  const serializer: {
    /** @throws for a character that XML does not allow, with the whole text in the message */
    serializeMethodCall(method: string, params: readonly unknown[]): string;
  };
  export = serializer;
}

declare module "xmlrpc/lib/customtype.js" {
  /** A parameter that becomes the text of one element, with entities for what XML has a meaning for. */
  class CustomType {
    constructor(raw: string);
    tagName: string;
  }
  export = CustomType;
}

declare module "xmlrpc/lib/deserializer.js" {
  class Deserializer {
    /** Takes a readable stream, of which it uses these three methods; calls back when the parser's `end` is called, or earlier. */
    deserializeMethodResponse(
      source: {
        setEncoding(encoding: string): void;
        on(event: "error", listener: (error: Error) => void): void;
        pipe(parser: { write(chunk: Uint8Array): boolean; end(): boolean }): void;
      },
      callback: (error: Error | null | undefined, value?: unknown) => void,
    ): void;
  }
  export = Deserializer;
}
