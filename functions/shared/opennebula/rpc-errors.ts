/** Thrown when OpenNebula answered and said no: the call had no effect. */
export class RpcFault extends Error {
  readonly method: string;
  /** OpenNebula's error code (256 … 65536), or an XML-RPC fault code (-501 …). */
  readonly code: number;
  /** The object that the error is about, where OpenNebula names it; otherwise -1. */
  readonly objectId: number;

  constructor(method: string, code: number, text: string, objectId = -1) {
    super(text);
    this.name = "RpcFault";
    this.method = method;
    this.code = code;
    this.objectId = objectId;
  }
}

/** Thrown when no valid answer came (refused, reset, time-out, not XML-RPC): whether the call had an effect is unknown. */
export class RpcTransportError extends Error {
  readonly method: string;
  /** OpenNebula was given up on in the midst of a change: it may still make it. */
  readonly mayComeLate: boolean;

  constructor(
    method: string,
    message: string,
    options: { cause?: unknown; mayComeLate?: boolean } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "RpcTransportError";
    this.method = method;
    this.mayComeLate = options.mayComeLate ?? false;
  }
}
