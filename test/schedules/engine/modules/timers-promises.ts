import { currentProcess } from "../simulated-process.ts";

export * from "node:timers/promises";

/** As of node:timers/promises, in virtual time. */
export function setTimeout(milliseconds = 1): Promise<void> {
  return currentProcess().settled(milliseconds, () => undefined);
}
