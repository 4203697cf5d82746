import type { Attribute } from "./template.ts";

/** A VM, so far as it keeps images in use. */
export interface Vm {
  readonly id: number;
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly imageIds: readonly number[];
  readonly attributes: readonly Attribute[];
  state: "PENDING" | "HOLD" | "DONE";
}
