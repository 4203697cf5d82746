import type { Parameters } from "./parameters.ts";
import type { User, World } from "./world.ts";

/** One authenticated call, as a method gets it. */
export interface Call {
  readonly world: World;
  readonly user: User;
  readonly args: Parameters;
  /** The oned run in which it arrived. */
  readonly run: number;
  readonly requestId: number;
}

/** A method of the XML-RPC API. @throws OneError, XmlRpcFault, TemplateError, OnedKilled */
export interface Method {
  readonly handle: (call: Call) => string | number | boolean | Promise<string | number | boolean>;
  /** `read`: answered even without an HA leader and in a disabled zone. `version`: without a leader refused, in a disabled zone not. */
  readonly kind: "read" | "write" | "version";
}
