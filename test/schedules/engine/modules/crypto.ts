import { currentProcess } from "../simulated-process.ts";

export * from "node:crypto";

/** As of node:crypto, from the chance of the schedule. */
export function randomBytes(size: number): Buffer {
  return Buffer.from(currentProcess().machinery.random.hex(size), "hex");
}
