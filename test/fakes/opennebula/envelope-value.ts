/** A parameter of a call. What OpenNebula never takes (double, struct…) is kept by its name only. */
export type XmlRpcValue =
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "int"; readonly value: number }
  | { readonly type: "boolean"; readonly value: boolean }
  | { readonly type: "array"; readonly value: readonly XmlRpcValue[] }
  | { readonly type: "other"; readonly value: string };

/** What is sent back: OpenNebula's success or failure array, or a fault of xmlrpc-c. */
export type Reply =
  | { readonly kind: "success"; readonly value: string | number | boolean }
  | {
      readonly kind: "failure";
      readonly text: string;
      readonly code: number;
      readonly objectId: number;
    }
  | { readonly kind: "fault"; readonly code: number; readonly text: string };

/** The value without its type, as a test wants to compare it. */
export function plain(value: XmlRpcValue): unknown {
  return value.type === "array" ? value.value.map(plain) : value.value;
}
