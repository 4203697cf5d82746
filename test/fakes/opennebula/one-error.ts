/** OpenNebula's error codes (RequestManager of OpenNebula). */
export const CODES = {
  authentication: 256,
  authorization: 512,
  noExists: 1024,
  action: 2048,
  xmlRpcApi: 4096,
  internal: 8192,
  allocate: 16384,
} as const;

/** Thrown by a method to refuse a call: answered as the failure array, the text led by `[method]`. */
export class OneError extends Error {
  readonly code: number;
  /** Fourth element of the answer: the object that is missing, otherwise -1. */
  readonly objectId: number;

  constructor(code: number, message: string, objectId = -1) {
    super(message);
    this.name = "OneError";
    this.code = code;
    this.objectId = objectId;
  }
}

/** Thrown where xmlrpc-c itself refuses a call, before OpenNebula's own code runs: answered as an XML-RPC fault. */
export class XmlRpcFault extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = "XmlRpcFault";
    this.code = code;
  }
}

/** Thrown when oned was killed while a call was in progress: nobody gets an answer. */
export class OnedKilled extends Error {
  constructor() {
    super("oned was killed");
    this.name = "OnedKilled";
  }
}

/** What has that id in a pool. @throws OneError 1024 `Error getting image [7].`, with the id as fourth element of the answer */
export function find<T>(
  pool: ReadonlyMap<number, T>,
  what: "image" | "user" | "group" | "datastore" | "virtual machine",
  id: number,
): T {
  const found = pool.get(id);
  if (found === undefined) {
    throw new OneError(CODES.noExists, `Error getting ${what} [${id}].`, id);
  }
  return found;
}
